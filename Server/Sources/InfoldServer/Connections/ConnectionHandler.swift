import HTTPTypes
import InfoldServing
import NIOCore
import NIOHTTPTypes
import Synchronization

/// How long clients may take.
public struct ConnectionTimeouts: Sendable, Hashable {
  /// From when a connection is opened until the header of the first request is there.
  public var header: Duration
  /// From the header of a request until the end of its body, and from the header of an answer until the client has taken its end.
  public var body: Duration
  /// From the end of an answer until the header of the next request is there.
  public var idle: Duration

  /// Times, by default 10, 60 and 120 seconds.
  public init(header: Duration = .seconds(10), body: Duration = .seconds(60), idle: Duration = .seconds(120)) {
    (self.header, self.body, self.idle) = (header, body, idle)
  }
}

/// Watches a connection: closes it when its client takes too long, tells the request that is under way when the client goes, says `100 Continue`, and
/// closes behind an answer that says so.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let timeouts: ConnectionTimeouts
  private var deadline: NIODeadline?
  private var tick: Scheduled<Void>?
  private var isBodyOpen = false
  private var closesBehindAnswer = false
  /// Whether the server is about to end: clients are told with the answer, so that they do not send a request that nobody reads.
  private let isDraining: @Sendable () -> Bool
  private let watch = ConnectionWatch()
  private var key: ObjectIdentifier?

  init(_ timeouts: ConnectionTimeouts, isDraining: @escaping @Sendable () -> Bool) {
    (self.timeouts, self.isDraining) = (timeouts, isDraining)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let key = ObjectIdentifier(context.channel)
    self.key = key
    ConnectionWatch.add(watch, key)
    expect(within: timeouts.header, context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    tick?.cancel()
    (tick, deadline) = (nil, nil)
    if let key { ConnectionWatch.remove(key) }
    key = nil
    watch.clientHasGone()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { watch.clientHasGone() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let request):
      isBodyOpen = true
      expect(within: timeouts.body, context)
      if request.headerFields[.expect]?.lowercased() == "100-continue" {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
    case .body: break
    case .end:
      isBodyOpen = false
      deadline = nil
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let response):
      closesBehindAnswer = isBodyOpen || isDraining() || response.headerFields[.connection] == "close"
      var response = response
      if closesBehindAnswer { response.headerFields[.connection] = "close" }
      expect(within: timeouts.body, context)
      context.write(wrapOutboundOut(.head(response)), promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      let written = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      written.futureResult.assumeIsolated().whenSuccess { [self] in
        let context = bound.value
        guard closesBehindAnswer else { return expect(within: timeouts.idle, context) }
        // What the client still sends is not read, but it should see the answer before the connection is reset.
        context.close(mode: .output, promise: nil)
        expect(within: .seconds(1), context)
      }
      context.write(data, promise: written)
    }
  }

  /// Closes the connection unless something else is expected before.
  private func expect(within time: Duration, _ context: ChannelHandlerContext) {
    let deadline = NIODeadline.now() + TimeAmount.nanoseconds(time.nanoseconds)
    self.deadline = deadline
    // One that is due earlier looks again.
    if tick == nil { schedule(deadline, context) }
  }

  private func schedule(_ time: NIODeadline, _ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    tick = context.eventLoop.scheduleTask(deadline: min(time, .now() + .seconds(1))) {
      let (handler, context) = bound.value
      handler.tick = nil
      guard context.channel.isActive else { return }
      guard let deadline = handler.deadline else { return }
      if deadline <= .now() { return context.close(promise: nil) }
      handler.schedule(deadline, context)
    }
  }
}

/// What a connection and the request that is under way on it know of each other.
final class ConnectionWatch: Sendable {
  private struct State {
    var hasGone = false
    var current: RequestCancellation?
  }

  private static let connections = Mutex<[ObjectIdentifier: ConnectionWatch]>([:])

  private let state = Mutex(State())

  static func add(_ watch: ConnectionWatch, _ key: ObjectIdentifier) { connections.withLock { $0[key] = watch } }

  static func remove(_ key: ObjectIdentifier) { _ = connections.withLock { $0.removeValue(forKey: key) } }

  /// What is cancelled when the client of a connection goes; `nil` where nobody watches it.
  static func cancellation(of channel: any Channel) -> RequestCancellation? {
    connections.withLock { $0[ObjectIdentifier(channel)] }?.next()
  }

  private func next() -> RequestCancellation {
    let cancellation = RequestCancellation()
    let hasGone = state.withLock { state in
      state.current = cancellation
      return state.hasGone
    }
    if hasGone { cancellation.cancel() }
    return cancellation
  }

  func clientHasGone() {
    let current = state.withLock { state in
      state.hasGone = true
      defer { state.current = nil }
      return state.current
    }
    current?.cancel()
  }
}
