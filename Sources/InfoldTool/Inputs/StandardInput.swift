import InfoldSystem
import Synchronization

/// Standard input, which `-` stands for where a file is read.
enum StandardInput {
  /// The argument.
  static let argument = "-"
  /// How messages call it.
  static let name = "standard input"

  private static let isRead = Mutex(false)

  /// All that it has, once.
  /// - Throws: `InfoldError` that names it.
  static func contents(limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
    guard !isRead.withLock({ state in exchange(&state, with: true) }) else {
      throw InfoldError(.invalidArgument, "is there to be read once, and - stands for it twice", file: name)
    }
    return try annotatingErrors({ $0.inFile(name) }) { () throws(InfoldError) in
      try ReadableFile.standardInput(limit: limit, hint: hint)
    }
  }

  private static func exchange(_ state: inout Bool, with new: Bool) -> Bool {
    defer { state = new }
    return state
  }
}

/// How messages call a file that is an argument.
func displayName(_ argument: String) -> String {
  argument == StandardInput.argument ? StandardInput.name : argument
}

extension InfoldError {
  /// The same error, found in what `argument` names, unless a file is known already.
  func inArgument(_ argument: String) -> InfoldError { inFile(displayName(argument)) }
}
