import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// The program `infold-serve`, in a separate process.
final class Program: Sendable {
  private struct State {
    var text = ""
    var isEnded = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let process: Process
  private let state = Mutex(State())
  private let output = Mutex("")

  /// Starts it.
  init(_ arguments: [String]) throws {
    process = Process()
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    process.executableURL = folder.appending(path: "infold-serve")
    process.arguments = arguments
    let (errors, lines) = (Pipe(), Pipe())
    (process.standardError, process.standardOutput) = (errors, lines)
    errors.fileHandleForReading.readabilityHandler = { [weak self] handle in
      let data = handle.availableData
      if data.isEmpty { handle.readabilityHandler = nil }
      self?.change { $0.text += String(decoding: data, as: UTF8.self) }
    }
    lines.fileHandleForReading.readabilityHandler = { [weak self] handle in
      let data = handle.availableData
      if data.isEmpty { handle.readabilityHandler = nil }
      self?.output.withLock { $0 += String(decoding: data, as: UTF8.self) }
    }
    process.terminationHandler = { [weak self] _ in self?.change { $0.isEnded = true } }
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  private func change(_ body: (inout State) -> Void) {
    let waiting = state.withLock { state in
      body(&state)
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Waits until standard error contains a text, or the program ends.
  private func wait(_ isPresent: @Sendable (String) -> Bool) async -> String {
    while true {
      let (text, isEnded) = state.withLock { ($0.text, $0.isEnded) }
      if isEnded || isPresent(text) { return text }
      await withCheckedContinuation { continuation in
        let isOld = state.withLock { state in
          if state.text != text || state.isEnded { return true }
          state.waiting.append(continuation)
          return false
        }
        if isOld { continuation.resume() }
      }
    }
  }

  /// Waits until the program writes `text` to standard error, or ends.
  func says(_ text: String) async -> Bool { await wait { $0.contains(text) }.contains(text) }

  /// The port of REST, once it listens.
  func port() async -> Int? {
    let mark = "listening on 127.0.0.1:"
    guard await says(mark) else { return nil }
    let text = state.withLock { $0.text }
    return text.range(of: mark).flatMap { Int(text[$0.upperBound...].prefix(while: \.isNumber)) }
  }

  /// Waits until it ends.
  func end() async -> (status: Int32, errors: String, output: String) {
    let errors = await wait { _ in false }
    return (process.terminationStatus, errors, output.withLock { $0 })
  }

  /// Sends it a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }
}

/// A connection that stays open for several requests.
struct Client {
  let port: Int

  /// Sends consecutive requests until `isDone`, or until the server closes the connection.
  /// - Returns: The statuses of the responses, and whether the last request had none.
  func requests(_ request: String, while goesOn: @Sendable (Int) -> Bool) async throws -> (
    statuses: [Int], isLost: Bool
  ) {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var statuses: [Int] = []
      var parts = inbound.makeAsyncIterator()
      while goesOn(statuses.count) {
        var answer = ""
        do {
          try await outbound.write(ByteBuffer(string: request))
          while !Self.isComplete(answer) {
            guard let part = try await parts.next() else { return (statuses, !answer.isEmpty) }
            answer += String(buffer: part)
          }
        } catch {
          return (statuses, !answer.isEmpty)
        }
        statuses.append(Int(answer.dropFirst(9).prefix(3)) ?? 0)
      }
      return (statuses, false)
    }
  }

  private static func isComplete(_ answer: String) -> Bool {
    guard let end = answer.range(of: "\r\n\r\n"),
      let length = answer.range(of: "content-length: ", options: .caseInsensitive)
    else { return false }
    let count = Int(answer[length.upperBound...].prefix(while: \.isNumber)) ?? 0
    return answer[end.upperBound...].utf8.count >= count
  }
}
