import NIOCore

/// Closes a connection that receives nothing, not even replies to keepalive pings: the client has
/// disappeared, or never sent anything.
final class IdleConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let limit: TimeAmount
  private var lastRead = NIODeadline.now()
  private var check: Scheduled<Void>?

  init(limit: TimeAmount) { self.limit = limit }

  func handlerAdded(context: ChannelHandlerContext) {
    lastRead = .now()
    schedule(context, at: lastRead + limit)
  }

  func handlerRemoved(context: ChannelHandlerContext) { check?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastRead = .now()
    context.fireChannelRead(data)
  }

  private func schedule(_ context: ChannelHandlerContext, at time: NIODeadline) {
    check = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
      let end = self.lastRead + self.limit
      if end <= .now() { context.close(promise: nil) } else { self.schedule(context, at: end) }
    }
  }
}
