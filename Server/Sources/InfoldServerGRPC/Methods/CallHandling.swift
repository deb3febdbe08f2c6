import GRPCCore
import InfoldEventLoops
import InfoldServing
import Synchronization

/// What all methods have in common: who may call, deadlines, cancellation, errors, and that calls are told of.
struct CallHandling: Sendable {
  private let authorizes: (@Sendable (String?) -> Bool)?
  private let didAnswer: (@Sendable (GRPCCall) -> Void)?
  private let isStopping: StopFlag

  init(_ options: GRPCOptions, _ isStopping: StopFlag) {
    authorizes = options.authorizes
    didAnswer = options.didAnswer
    self.isStopping = isStopping
  }

  /// Adds a method of one message and one answer.
  /// - Parameters:
  ///   - isOpen: Whether everybody may call it.
  ///   - model: The model that a message asks for.
  ///   - body: What is done.
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

  /// The same for messages that are read by the method.
  /// - Parameter input: What is read of a message.
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
          // Whatever it waits for, it goes on where its connection is.
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
      throw RPCError(ServingError(.unauthenticated, "this server answers only those who have a token"))
    }
  }

  /// The one message of a request.
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

  /// Does something, and has the switch thrown when the client no longer waits for it.
  ///
  /// When the server begins to stop, gRPC says the same of all calls as when clients go. They are finished nevertheless: that is what it
  /// means to stop in an orderly way.
  private func watching<Output>(
    _ caller: Caller, _ body: () async throws(ServingError) -> Output
  ) async throws(ServingError) -> Output {
    try await withRPCCancellationHandler(operation: body) {
      if !isStopping.isSet || caller.deadline.isOver { caller.cancellation.cancel() }
    }
  }
}

/// Who waits for an answer.
struct Caller: Sendable {
  /// How long.
  let deadline: Deadline
  /// Thrown when nobody waits any more.
  let cancellation = RequestCancellation()
}

/// Whether the server has begun to stop.
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

  /// What an answer begins with.
  fileprivate var answerMetadata: Metadata {
    requestID.map { ["x-request-id": .string($0)] } ?? [:]
  }
}

extension Metadata {
  /// The first value of this name.
  func first(_ name: String) -> String? { self[stringValues: name].first { _ in true } }
}
