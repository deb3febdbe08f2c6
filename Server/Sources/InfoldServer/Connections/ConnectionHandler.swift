import HTTPTypes
import InfoldServing
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Timeouts for clients.
public struct ConnectionTimeouts: Sendable, Hashable {
  /// From opening a connection to the complete header of the first request.
  public var header: Duration
  /// From the header of a request to the end of its body, and from the header of a response until
  /// the client has received its end.
  public var body: Duration
  /// From the end of a response to the complete header of the next request.
  public var idle: Duration

  /// Creates timeouts, by default 10, 60 and 120 seconds.
  public init(header: Duration = .seconds(10), body: Duration = .seconds(60), idle: Duration = .seconds(120)) {
    (self.header, self.body, self.idle) = (header, body, idle)
  }
}

/// Watches a connection. It enforces timeouts, cancels the current request if the client
/// disconnects, sends `100 Continue`, and closes the connection after a response that announces it.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let timeouts: ConnectionTimeouts
  private var deadline: NIODeadline?
  private var tick: Scheduled<Void>?
  private var isBodyOpen = false
  private var closesAfterResponse = false
  /// Whether the server is shutting down. Responses then announce that the connection closes, so
  /// that clients do not send requests that would not be answered.
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
      closesAfterResponse = isBodyOpen || isDraining() || response.headerFields[.connection] == "close"
      var response = response
      if closesAfterResponse { response.headerFields[.connection] = "close" }
      expect(within: timeouts.body, context)
      context.write(wrapOutboundOut(.head(response)), promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      let written = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      written.futureResult.assumeIsolated().whenSuccess { [self] in
        let context = bound.value
        guard closesAfterResponse else { return expect(within: timeouts.idle, context) }
        // The rest of the request is not read, but the client should receive the response before
        // the connection is reset.
        context.close(mode: .output, promise: nil)
        expect(within: .seconds(1), context)
      }
      context.write(data, promise: written)
    }
  }

  /// Closes the connection unless something else is expected before the deadline.
  private func expect(within time: Duration, _ context: ChannelHandlerContext) {
    let deadline = NIODeadline.now() + TimeAmount.nanoseconds(time.nanoseconds)
    self.deadline = deadline
    // An earlier check reschedules itself.
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

/// Connects a connection with its current request.
final class ConnectionWatch: Sendable {
  private struct State {
    var hasGone = false
    var current: RequestCancellation?
  }

  private static let connections = Mutex<[ObjectIdentifier: ConnectionWatch]>([:])

  private let state = Mutex(State())

  static func add(_ watch: ConnectionWatch, _ key: ObjectIdentifier) { connections.withLock { $0[key] = watch } }

  static func remove(_ key: ObjectIdentifier) { _ = connections.withLock { $0.removeValue(forKey: key) } }

  /// A cancellation that is triggered when the client disconnects, or `nil` if the connection is
  /// not watched.
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
