/// The version of this package.
package enum InfoldVersion {
  /// As the command says it, and files that Infold keeps.
  package static let current = "0.1.0"
}
