public import Infold

/// A request to run a model, independent of the protocol.
public struct InferenceRequest: Sendable {
  /// An input tensor of a request.
  public struct Input: Sendable {
    /// The name of the model's input.
    public var name: String
    /// The tensor.
    public var tensor: Tensor
    /// The parameters of the input.
    public var parameters: Parameters

    /// Creates an input.
    public init(name: String, tensor: Tensor, parameters: Parameters = [:]) {
      (self.name, self.tensor, self.parameters) = (name, tensor, parameters)
    }
  }

  /// A requested output.
  public struct RequestedOutput: Sendable, Hashable {
    /// The name of the model's output.
    public var name: String
    /// The parameters of the output.
    public var parameters: Parameters

    /// Creates a requested output.
    public init(name: String, parameters: Parameters = [:]) {
      (self.name, self.parameters) = (name, parameters)
    }
  }

  /// The name of the model.
  public var modelName: String
  /// The requested version, or `nil` or an empty string for the latest one that is ready.
  public var modelVersion: String?
  /// The client's identifier of the request, repeated in the response.
  public var id: String?
  /// The parameters of the request. `timeout` is the longest time for which the request may wait,
  /// in microseconds. Unknown parameters are ignored, as the protocol demands. Unsupported ones
  /// that would change the result are rejected.
  public var parameters: Parameters
  /// The input tensors.
  public var inputs: [Input]
  /// The requested outputs; empty for all.
  public var outputs: [RequestedOutput]
  /// The deadline, or `nil` for none. A request that has not begun by then does not begin.
  public var deadline: ContinuousClock.Instant?
  /// Cancels the request, like cancellation of the task.
  public var cancellation: RequestCancellation?

  /// Creates a request.
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

/// The response to a request.
public struct InferenceResponse: Sendable {
  /// An output tensor of a response.
  public struct Output: Sendable {
    /// The name of the model's output.
    public var name: String
    /// The tensor.
    public var tensor: Tensor
    /// The datatype of the elements.
    public var datatype: Datatype
    /// The parameters of the requested output, such as its encoding.
    public var requestParameters: Parameters
  }

  /// The name of the model.
  public var modelName: String
  /// The version that ran.
  public var modelVersion: String
  /// The client's identifier of the request.
  public var id: String?
  /// The parameters of the response.
  public var parameters: Parameters
  /// The outputs in the requested order, or else in the order of the model.
  public var outputs: [Output]

  /// The number of elements of all outputs.
  package var elementCount: Int { outputs.reduce(0) { $0 + $1.tensor.count } }
}
