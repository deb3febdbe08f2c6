import InfoldSystem
import Synchronization

/// Standard input, used where a file argument is `-`.
enum StandardInput {
  /// The argument that means standard input.
  static let argument = "-"
  /// The name of standard input in messages.
  static let name = "standard input"

  private static let isRead = Mutex(false)

  /// Returns all bytes of standard input. It can be read once.
  /// - Throws: `InfoldError` with the name `standard input`.
  static func contents(limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
    guard !isRead.withLock({ state in exchange(&state, with: true) }) else {
      throw InfoldError(.invalidArgument, "can be read only once, but - is used twice", file: name)
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

/// The name of an input argument in messages.
func displayName(_ argument: String) -> String {
  argument == StandardInput.argument ? StandardInput.name : argument
}

extension InfoldError {
  /// Returns the same error with the file of `argument`, unless it has a file already.
  func inArgument(_ argument: String) -> InfoldError { inFile(displayName(argument)) }
}
