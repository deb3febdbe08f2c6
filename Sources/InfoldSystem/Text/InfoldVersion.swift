/// The version of this package.
public enum InfoldVersion {
  /// The version as the command prints it and as files that Infold caches record it.
  public static let current = "0.1.0"
}
