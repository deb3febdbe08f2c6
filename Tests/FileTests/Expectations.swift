import Foundation
import InfoldSystem
import Testing

/// Expects that `body` throws an error with the code `code`, whose one-line description contains every text in `parts`.
func expectError<Result>(
  _ code: InfoldError.Code, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) {
  let error = #expect(throws: InfoldError.self, sourceLocation: sourceLocation) { _ = try body() }
  guard let error else { return }
  #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  for part in parts { #expect(error.description.contains(part), sourceLocation: sourceLocation) }
}

/// The path of a file in `Fixtures`.
func fixture(_ name: String) -> String {
  Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)").path
}

func contents(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}
