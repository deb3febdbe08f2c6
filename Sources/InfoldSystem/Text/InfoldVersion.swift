/// The version of this package.
public enum InfoldVersion {
  /// As the command says it, and files that Infold keeps.
  public static let current = "0.1.0"
}
