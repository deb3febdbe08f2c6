import Foundation
import InfoldGraph
import TestSupport
import Testing

/// The result of a run of the tool.
struct ToolResult {
  var status: Int32
  var output: String
  var error: String

  /// The one JSON value on standard output.
  func json<Value>(as _: Value.Type = Value.self, sourceLocation: SourceLocation = #_sourceLocation) throws -> Value {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed)
    return try #require(value as? Value, sourceLocation: sourceLocation)
  }
}

/// The executable, which is built next to the test bundle.
let toolPath = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  .appendingPathComponent("infold").path

/// A file of the repository.
func repositoryFile(_ path: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../\(path)")
    .standardizedFileURL.path
}

/// Runs `infold` with these arguments as a process.
func infold(_ arguments: String...) throws -> ToolResult { try infold(arguments) }

func infold(
  _ arguments: [String], environment: [String: String] = [:], input: String? = nil
) throws -> ToolResult {
  try run(toolPath, arguments, environment: environment, input: input.map { Array($0.utf8) })
}

/// Runs a program. Its input and output are files, so that no pipe can fill up.
/// - Parameter input: The standard input; `nil` for an empty device.
func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:], input: [UInt8]? = nil
) throws -> ToolResult {
  let folder = try TemporaryFolder()
  let output = try folder.write("output", []), error = try folder.write("error", [])
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardInput =
    try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.write("input", $0))) }
    ?? FileHandle.nullDevice
  process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
  process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: error))
  try process.run()
  process.waitUntilExit()
  try #require(
    process.terminationReason == .exit, "infold \(arguments) was ended by signal \(process.terminationStatus)")
  return ToolResult(
    status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
    error: try String(contentsOfFile: error, encoding: .utf8))
}

/// Expects that `infold` refuses these arguments: exit code 2, nothing on standard output, and one
/// line on standard error that contains every text in `parts`.
func expectRefusal(
  _ arguments: [String], _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let result = try infold(arguments)
  #expect(result.status == 2, "\(arguments)", sourceLocation: sourceLocation)
  #expect(result.output == "", "\(arguments)", sourceLocation: sourceLocation)
  let isOneLine = result.error.hasSuffix("\n") && result.error.dropLast().allSatisfy { !$0.isNewline }
  #expect(isOneLine && result.error.hasPrefix("infold: "), "\(result.error)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(result.error.contains(part), "\"\(part)\" is not in: \(result.error)", sourceLocation: sourceLocation)
  }
}
