import Dispatch
import FoundationEssentials
import Synchronization

/// Writes a line of JSON for each request.
///
/// Requests do not wait for the log. If lines arrive faster than they can be written, some are
/// omitted, and their number is logged.
public final class AccessLog: Sendable {
  /// A completed request.
  public struct Entry: Sendable {
    /// `http` or `grpc`.
    public var transport: String
    /// The HTTP method, or `POST` for gRPC.
    public var method: String
    /// The path, or the gRPC method.
    public var path: String
    /// The HTTP status, or the gRPC status code.
    public var status: Int
    /// The time from the arrival of the request until the response was ready.
    public var duration: Duration
    /// The size of the response body in bytes, if known.
    public var bytes: Int?
    /// The request ID of the client or the server.
    public var requestID: String?
    /// The trace that the request is part of (W3C `traceparent`).
    public var traceParent: String?

    /// Creates an entry.
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
  /// The time for which lines are collected before they are written together.
  private static let delay = DispatchTimeInterval.milliseconds(20)

  private let write: @Sendable (String) -> Void
  private let queue = DispatchQueue(label: "infold-access-log")
  private let state = Mutex(State())

  /// Creates a log that passes lines to `write`, several at a time.
  public init(write: @escaping @Sendable (String) -> Void) {
    self.write = write
  }

  /// A log on standard output.
  public static func standardOutput() -> AccessLog {
    AccessLog { text in
      // The server continues even if the reader of the log has closed it.
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

  /// Waits until all lines have been written.
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

/// Formats times as ISO 8601. The part before the milliseconds is cached for a second.
private struct Timestamps {
  private var second = Int.min
  private var begin = ""

  mutating func text(of time: Date) -> String {
    let milliseconds = Int(time.timeIntervalSince1970 * 1000)
    if milliseconds / 1000 != second {
      second = milliseconds / 1000
      begin = String(Date(timeIntervalSince1970: Double(second)).formatted(Date.ISO8601FormatStyle()).dropLast()) + "."
    }
    // Four digits, the first of which is dropped.
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
  /// The string escaped for JSON, truncated to 1,000 characters.
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
