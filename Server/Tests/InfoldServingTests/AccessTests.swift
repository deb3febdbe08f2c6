import FoundationEssentials
import InfoldServing
import Synchronization
import Testing

@Suite struct AccessTests {
  @Test func tokens() {
    let tokens = BearerTokens(["secret", "other"])
    #expect(tokens.allow("Bearer secret") && tokens.allow("bearer other"))
    for wrong in [nil, "", "secret", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret", "Basic secret"] {
      #expect(!tokens.allow(wrong))
    }
  }

  @Test func linesAreJSON() throws {
    struct Line: Decodable {
      let path: String
      let status: Int
      let request_id: String
      let trace_id: String
    }
    let text = Mutex("")
    let log = AccessLog { part in text.withLock { $0 += part } }
    for path in ["/v2", "/\"quoted\"\\\u{1}\n"] {
      log.record(
        AccessLog.Entry(
          transport: "http", method: "GET", path: path, status: 200, duration: .milliseconds(2), bytes: 3,
          requestID: "r",
          traceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
    }
    log.finish()
    let lines = try text.withLock { $0 }.split(separator: "\n").map { line in
      try JSONDecoder().decode(Line.self, from: Data(line.utf8))
    }
    #expect(lines.map(\.path) == ["/v2", "/\"quoted\"\\\u{1}\n"])
    #expect(
      lines.allSatisfy { $0.status == 200 && $0.trace_id == "0af7651916cd43dd8448eb211c80319c" && $0.request_id == "r" }
    )
  }
}
