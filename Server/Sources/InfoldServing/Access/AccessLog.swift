import Dispatch
import FoundationEssentials
import Synchronization

/// Writes a line of JSON for each request.
///
/// Requests do not wait for it: where lines cannot be written as fast as they come, some are left out, and their number is written.
public final class AccessLog: Sendable {
  /// A request that was answered.
  public struct Entry: Sendable {
    /// `http` or `grpc`.
    public var transport: String
    /// The method of HTTP, or `POST`.
    public var method: String
    /// The path, or gRPC's method.
    public var path: String
    /// The status of HTTP, or the number of gRPC's.
    public var status: Int
    /// From when the request came until the answer was there.
    public var duration: Duration
    /// The bytes of the answer's body, as far as they are known.
    public var bytes: Int?
    /// What the client or the server calls the request.
    public var requestID: String?
    /// The trace that the request is part of (W3C's `traceparent`).
    public var traceParent: String?

    /// An entry.
    public init(
      transport: String, method: String, path: String, status: Int, duration: Duration, bytes: Int? = nil,
      requestID: String? = nil, traceParent: String? = nil
    ) {
      self.transport = transport
      self.method = method
      self.path = path
      self.status = status
      self.duration = duration
      self.bytes = bytes
      self.requestID = requestID
      self.traceParent = traceParent
    }
  }

  private struct State {
    var lines = ""
    var left = 0
    var isWriting = false
    var clock = Timestamps()
  }

  private static let largest = 1 << 20
  /// How long lines wait for others that are written with them.
  private static let delay = DispatchTimeInterval.milliseconds(20)

  private let write: @Sendable (String) -> Void
  private let queue = DispatchQueue(label: "infold-access-log")
  private let state = Mutex(State())

  /// A log whose lines `write` gets, several at a time.
  public init(write: @escaping @Sendable (String) -> Void) {
    self.write = write
  }

  /// A log on standard output.
  public static func standardOutput() -> AccessLog {
    AccessLog { text in
      // A reader that has gone is no reason to end.
      try? FileHandleOutput.standard.write(text)
    }
  }

  /// Adds a line.
  public func record(_ entry: Entry) {
    let line = entry.line(at: state.withLock { $0.clock.text(of: Date()) })
    let begins = state.withLock { state in
      guard state.lines.utf8.count + line.utf8.count <= Self.largest else {
        state.left += 1
        return false
      }
      state.lines += line
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if begins { queue.asyncAfter(deadline: .now() + Self.delay) { self.flush() } }
  }

  /// Waits until everything is written that was added.
  public func finish() { queue.sync { flush() } }

  private func flush() {
    while true {
      let text = state.withLock { state in
        defer { (state.lines, state.left, state.isWriting) = ("", 0, false) }
        return state.left == 0 ? state.lines : state.lines + "{\"left_out\":\(state.left)}\n"
      }
      guard !text.isEmpty else { return }
      write(text)
    }
  }
}

/// Times as texts by ISO 8601, of which all but milliseconds is made once a second.
private struct Timestamps {
  private var second = Int.min
  private var begin = ""

  mutating func text(of time: Date) -> String {
    let milliseconds = Int(time.timeIntervalSince1970 * 1000)
    if milliseconds / 1000 != second {
      second = milliseconds / 1000
      begin = String(Date(timeIntervalSince1970: Double(second)).formatted(Date.ISO8601FormatStyle()).dropLast()) + "."
    }
    // Four digits, of which the first is left out.
    return begin + "\(1000 + milliseconds % 1000)".dropFirst() + "Z"
  }
}

extension AccessLog.Entry {
  fileprivate func line(at time: String) -> String {
    var text = "{\"time\":\"" + time + "\""
    func member(_ name: String, _ value: String?) {
      guard let value else { return }
      text += ",\"\(name)\":\"" + value.jsonEscaped + "\""
    }
    member("transport", transport)
    member("method", method)
    member("path", path)
    text += ",\"status\":\(status),\"seconds\":\(Double(duration.nanoseconds / 1000) / 1e6)"
    if let bytes { text += ",\"bytes\":\(bytes)" }
    member("request_id", requestID)
    let trace = traceParent.map { $0.split(separator: "-") } ?? []
    if trace.count >= 4 {
      member("trace_id", String(trace[1]))
      member("span_id", String(trace[2]))
    }
    return text + "}\n"
  }
}

extension String {
  /// The same as it stands between the quotes of a JSON text, cut where it is longer than 1,000 characters.
  fileprivate var jsonEscaped: String {
    if utf8.count <= 1000, utf8.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != 0x22 && $0 != 0x5c }) { return self }
    var text = ""
    for character in unicodeScalars.prefix(1000) {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where character.value < 0x20:
        text += "\\u00" + (character.value < 16 ? "0" : "") + String(character.value, radix: 16)
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }
}
