import InfoldSystem
import Testing

/// Expects that `body` throws an error with the code `code`, whose one-line description contains every text in `parts`.
func expectError<Result>(
  _ code: InfoldError.Code, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws(InfoldError) -> Result
) {
  do throws(InfoldError) {
    _ = try body()
    Issue.record("no error, expected \(code): \(parts)", sourceLocation: sourceLocation)
  } catch {
    let line = error.description
    #expect(error.code == code, "\(line)", sourceLocation: sourceLocation)
    for part in parts where !line.contains(part) {
      Issue.record("\"\(part)\" is not in: \(line)", sourceLocation: sourceLocation)
    }
    #expect(!line.contains("\n"), sourceLocation: sourceLocation)
  }
}
