import GRPCCore
import InfoldEventLoops
import InfoldServing
import Synchronization

/// Behavior common to all methods: access control, deadlines, cancellation, errors and the
/// reporting of calls.
struct CallHandling: Sendable {
  private let authorizes: (@Sendable (String?) -> Bool)?
  private let didAnswer: (@Sendable (GRPCCall) -> Void)?
  private let isStopping: StopFlag

  init(_ options: GRPCOptions, _ isStopping: StopFlag) {
    authorizes = options.authorizes
    didAnswer = options.didAnswer
    self.isStopping = isStopping
  }

  /// Registers a unary method.
  /// - Parameters:
  ///   - isOpen: Whether the method needs no token.
  ///   - model: The model that a message requests.
  ///   - body: The implementation.
  func register<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor, in router: inout RPCRouter<some ServerTransport>,
    reading deserializer: some MessageDeserializer<Input>, writing serializer: some MessageSerializer<Output>,
    isOpen: Bool = false, model: @escaping @Sendable (Input) -> String? = { _ in nil },
    _ body: @escaping @Sendable (Input, Caller) async throws(ServingError) -> Output
  ) {
    register(
      method, in: &router, reading: deserializer, input: { $0 }, writing: serializer, isOpen: isOpen, model: model, body
    )
  }

  /// Registers a unary method that decodes its message itself.
  /// - Parameter input: Decodes a message.
  func register<Message: Sendable, Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor, in router: inout RPCRouter<some ServerTransport>,
    reading deserializer: some MessageDeserializer<Message>,
    input: @escaping @Sendable (Message) async throws -> Input, writing serializer: some MessageSerializer<Output>,
    isOpen: Bool = false, model: @escaping @Sendable (Input) -> String?,
    _ body: @escaping @Sendable (Input, Caller) async throws(ServingError) -> Output
  ) {
    router.registerHandler(forMethod: method, deserializer: deserializer, serializer: serializer) { request, context in
      let begin = ContinuousClock.now
      let caller = Caller(deadline: Deadline(request.metadata, begin))
      var call = GRPCCall(method.fullyQualifiedMethod, request.metadata, context)
      do {
        if !isOpen { try authorize(request.metadata) }
        let input = try await input(message(of: request))
        call.model = model(input)
        let output = try await watching(caller) { () async throws(ServingError) in
          // Even after suspensions, the call continues on the event loop of its connection.
          try await onCurrentEventLoop { () async throws(ServingError) in try await body(input, caller) }
        }
        finish(&call, begin, nil)
        return StreamingServerResponse(
          single: ServerResponse(message: output, metadata: call.answerMetadata))
      } catch {
        let error = RPCError(caught: error, caller.deadline)
        finish(&call, begin, error)
        throw error
      }
    }
  }

  private func finish(_ call: inout GRPCCall, _ begin: ContinuousClock.Instant, _ error: RPCError?) {
    guard let didAnswer else { return }
    call.code = error?.code.rawValue ?? 0
    call.reason = error?.message
    call.duration = ContinuousClock.now - begin
    didAnswer(call)
  }

  private func authorize(_ metadata: Metadata) throws(RPCError) {
    guard let authorizes else { return }
    guard authorizes(metadata.first("authorization")) else {
      throw RPCError(ServingError(.unauthenticated, "a valid bearer token is required"))
    }
  }

  /// The only message of a request.
  private func message<Input>(of request: StreamingServerRequest<Input>) async throws -> Input {
    var messages = request.messages.makeAsyncIterator()
    guard let message = try await messages.next() else {
      throw RPCError(code: .invalidArgument, message: "the call has no message")
    }
    guard try await messages.next() == nil else {
      throw RPCError(code: .invalidArgument, message: "the call has more than one message")
    }
    return message
  }

  /// Runs `body`, and cancels it if the client disconnects or its deadline passes.
  ///
  /// When the server begins to shut down, gRPC reports all calls as cancelled too. They are
  /// finished nevertheless, as a graceful shutdown requires.
  private func watching<Output>(
    _ caller: Caller, _ body: () async throws(ServingError) -> Output
  ) async throws(ServingError) -> Output {
    try await withRPCCancellationHandler(operation: body) {
      if !isStopping.isSet || caller.deadline.isOver { caller.cancellation.cancel() }
    }
  }
}

/// The client of a call.
struct Caller: Sendable {
  /// The deadline of the call.
  let deadline: Deadline
  /// Cancelled when the client no longer waits.
  let cancellation = RequestCancellation()
}

/// Whether the server has begun to shut down.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }

  func set() { flag.store(true, ordering: .releasing) }
}

extension GRPCCall {
  fileprivate init(_ method: String, _ metadata: Metadata, _ context: ServerContext) {
    self.init(
      method: method, peer: context.remotePeer, requestID: metadata.first("x-request-id"),
      traceParent: metadata.first("traceparent"), model: nil, code: 0, reason: nil, duration: .zero)
  }

  /// The initial metadata of the response.
  fileprivate var answerMetadata: Metadata {
    requestID.map { ["x-request-id": .string($0)] } ?? [:]
  }
}

extension Metadata {
  /// The first value with this name.
  func first(_ name: String) -> String? { self[stringValues: name].first { _ in true } }
}
