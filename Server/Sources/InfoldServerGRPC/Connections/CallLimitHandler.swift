import NIOCore
import NIOHTTP2

/// Stands between HTTP/2 and gRPC on every call.
///
/// It ends a call whose message has not arrived in time, so that a client that stops in the middle does not keep what it has sent in
/// memory. And it keeps from gRPC which compressions the client understands: answers would be compressed for everybody who can read it, and
/// tensors take long to compress and become hardly smaller. Requests may be compressed.
final class CallLimitHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload

  private let limit: TimeAmount
  private var end: Scheduled<Void>?

  init(receiveLimit: TimeAmount) { limit = receiveLimit }

  func handlerAdded(context: ChannelHandlerContext) {
    end = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
      context.fireErrorCaught(ReceiveLimitPassed())
      context.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { end?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var frame = unwrapInboundIn(data)
    let isLast: Bool
    switch frame {
    case .data(let data): isLast = data.endStream
    case .headers(var headers):
      isLast = headers.endStream
      headers.headers.remove(name: "grpc-accept-encoding")
      frame = .headers(headers)
    default: isLast = false
    }
    if isLast {
      end?.cancel()
      end = nil
    }
    context.fireChannelRead(wrapInboundOut(frame))
  }
}

/// The client took too long to send its message.
struct ReceiveLimitPassed: Error {}
