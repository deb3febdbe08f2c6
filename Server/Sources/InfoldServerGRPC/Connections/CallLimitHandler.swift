import InfoldServing
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Limits every call, between HTTP/2 and gRPC.
///
/// It ends calls whose message does not arrive in time or exceeds the memory budget, so that
/// stalled clients do not hold memory. It also hides from gRPC which compression algorithms the
/// client accepts. Otherwise gRPC would compress every response for which the client accepts it,
/// although compressing tensors takes long and saves little. Requests may be compressed.
final class CallLimitHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload
  typealias OutboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  /// The reason for ending a call, with its gRPC status code.
  private enum Refusal: Int, Error {
    case late = 4
    case full = 14

    var message: String {
      switch self {
      case .late: "the message did not arrive in time"
      case .full: ServingError.tooManyRequestBytes.reason
      }
    }
  }

  private let limit: TimeAmount
  private let budget: RequestBytes
  private var end: Scheduled<Void>?
  private var byteCount = 0
  private var hasAnswered = false
  private var isRefused = false

  init(receiveLimit: TimeAmount, budget: RequestBytes) { (limit, self.budget) = (receiveLimit, budget) }

  func handlerAdded(context: ChannelHandlerContext) {
    end = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.refuse(context, .late) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end?.cancel()
    budget.release(byteCount)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    var frame = unwrapInboundIn(data)
    let isLast: Bool
    switch frame {
    case .data(let data):
      isLast = data.endStream
      byteCount += data.data.readableBytes
      guard budget.take(data.data.readableBytes) else { return refuse(context, .full) }
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

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    hasAnswered = true
    context.write(data, promise: promise)
  }

  private func refuse(_ context: ChannelHandlerContext, _ refusal: Refusal) {
    isRefused = true
    guard !hasAnswered else {
      context.fireErrorCaught(refusal)
      return context.close(promise: nil)
    }
    let trailers: HPACKHeaders = [
      ":status": "200", "content-type": "application/grpc", "grpc-status": "\(refusal.rawValue)",
      "grpc-message": refusal.message,
    ]
    context.write(wrapOutboundOut(.headers(.init(headers: trailers, endStream: true))), promise: nil)
    context.fireErrorCaught(refusal)
    // The response is complete, and the rest of the request is not needed (RFC 9113, section 8.1).
    // With another error code, clients would report that code instead of the gRPC status.
    context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
  }
}
