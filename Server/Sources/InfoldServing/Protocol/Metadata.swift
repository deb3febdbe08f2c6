/// The metadata of a server.
public struct ServerMetadata: Sendable, Hashable {
  /// The name of the server.
  public var name: String
  /// The version of the server.
  public var version: String
  /// The supported protocol extensions.
  public var extensions: [String]
}

/// The metadata of an input or output.
public struct TensorMetadata: Sendable, Hashable {
  /// The name.
  public var name: String
  /// The datatype, or `nil` if the protocol has no name for it, or the model does not declare it.
  public var datatype: Datatype?
  /// The sizes, −1 for dynamic dimensions; `nil` if the rank is unknown.
  public var shape: [Int]?
  /// Whether a request may omit the input.
  public var isOptional: Bool
}

/// The metadata of a model.
public struct ModelMetadata: Sendable, Hashable {
  /// The name of the model.
  public var name: String
  /// The versions that are ready, the latest last.
  public var versions: [String]
  /// The runtime and the format: `infold_onnx`.
  public var platform: String
  /// The inputs, in the order of the model.
  public var inputs: [TensorMetadata]
  /// The outputs, in the order of the model.
  public var outputs: [TensorMetadata]
}

/// A model version in the repository, with its state.
public struct RepositoryIndexEntry: Sendable, Hashable {
  /// The state of a model version.
  public enum State: String, Sendable, Hashable {
    case unknown = "UNKNOWN"
    case ready = "READY"
    case unavailable = "UNAVAILABLE"
    case loading = "LOADING"
    case unloading = "UNLOADING"
  }

  /// The name of the model.
  public var name: String
  /// The version.
  public var version: String
  /// The state.
  public var state: State
  /// The reason why the model cannot run, or why the last reload failed; otherwise empty.
  public var reason: String
}
