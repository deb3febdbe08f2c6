/// The folders of the user that the process runs for.
package enum UserFolders {
  /// What programs keep there may be deleted at any time: `$XDG_CACHE_HOME`, or `~/.cache`.
  /// - Throws: `InfoldError` with `.fileAccess` when the environment names neither.
  package static func cache() throws(InfoldError) -> String {
    // A relative path does not count, by the specification of the variable.
    if let folder = Environment.variable("XDG_CACHE_HOME"), folder.hasPrefix("/") { return folder }
    guard let home = Environment.variable("HOME"), home.hasPrefix("/") else {
      throw InfoldError(
        .fileAccess, "there is no cache folder of the user", hint: "set HOME or XDG_CACHE_HOME to an absolute path")
    }
    return home + "/.cache"
  }
}
