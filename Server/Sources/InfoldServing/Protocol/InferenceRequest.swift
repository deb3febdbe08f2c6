public import Infold

/// A request to run a model, whatever protocol it came by.
public struct InferenceRequest: Sendable {
  /// A tensor of a request.
  public struct Input: Sendable {
    /// The name of the model's input.
    public var name: String
    /// The elements, with their type and shape.
    public var tensor: Tensor
    /// What is said beside it.
    public var parameters: Parameters

    /// A tensor for an input.
    public init(name: String, tensor: Tensor, parameters: Parameters = [:]) {
      (self.name, self.tensor, self.parameters) = (name, tensor, parameters)
    }
  }

  /// An output that a request asks for.
  public struct RequestedOutput: Sendable, Hashable {
    /// The name of the model's output.
    public var name: String
    /// What is said beside it.
    public var parameters: Parameters

    /// A wish for an output.
    public init(name: String, parameters: Parameters = [:]) {
      (self.name, self.parameters) = (name, parameters)
    }
  }

  /// The name of the model.
  public var modelName: String
  /// The version that is asked for; `nil` or an empty text for the latest that is ready.
  public var modelVersion: String?
  /// What the client calls the request, which the answer repeats.
  public var id: String?
  /// What is said beside the tensors. `timeout` is the longest that the request may wait, in microseconds; those that nobody knows are
  /// ignored, as the protocol says. Those that would change the answer, and are not supported, are refused.
  public var parameters: Parameters
  /// The tensors.
  public var inputs: [Input]
  /// The outputs that are asked for; all of them where the list is empty.
  public var outputs: [RequestedOutput]
  /// When the client no longer waits; `nil` for never. What has not begun by then does not begin.
  public var deadline: ContinuousClock.Instant?
  /// What gives the request up when it is thrown, as the cancellation of the task does.
  public var cancellation: RequestCancellation?

  /// A request.
  public init(
    modelName: String, modelVersion: String? = nil, id: String? = nil, parameters: Parameters = [:], inputs: [Input],
    outputs: [RequestedOutput] = [], deadline: ContinuousClock.Instant? = nil
  ) {
    self.modelName = modelName
    self.modelVersion = modelVersion
    self.id = id
    self.parameters = parameters
    self.inputs = inputs
    self.outputs = outputs
    self.deadline = deadline
    cancellation = nil
  }
}

/// What a model made of a request.
public struct InferenceResponse: Sendable {
  /// A tensor of an answer.
  public struct Output: Sendable {
    /// The name of the model's output.
    public var name: String
    /// The elements, with their type and shape.
    public var tensor: Tensor
    /// The type of the elements, as the protocol calls it.
    public var datatype: Datatype
    /// What the request said beside its wish for the output: how it is to be encoded, for instance.
    public var requestParameters: Parameters
  }

  /// The name of the model.
  public var modelName: String
  /// The version that ran.
  public var modelVersion: String
  /// What the client calls the request.
  public var id: String?
  /// What is said beside the tensors.
  public var parameters: Parameters
  /// In the order in which they were asked for, or else the model's.
  public var outputs: [Output]

  /// The elements of all outputs.
  package var elementCount: Int { outputs.reduce(0) { $0 + $1.tensor.count } }
}
