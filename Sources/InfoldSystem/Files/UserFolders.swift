/// The folders of the current user.
package enum UserFolders {
  /// Returns the folder for files that may be deleted at any time: `$XDG_CACHE_HOME`, or
  /// `~/.cache`.
  /// - Throws: `InfoldError` with `.fileAccess` if the environment defines neither.
  package static func cache() throws(InfoldError) -> String {
    // The specification of XDG_CACHE_HOME says that relative paths are ignored.
    if let folder = Environment.variable("XDG_CACHE_HOME"), folder.hasPrefix("/") { return folder }
    guard let home = Environment.variable("HOME"), home.hasPrefix("/") else {
      throw InfoldError(
        .fileAccess, "the user has no cache folder", hint: "set HOME or XDG_CACHE_HOME to an absolute path")
    }
    return home + "/.cache"
  }
}
