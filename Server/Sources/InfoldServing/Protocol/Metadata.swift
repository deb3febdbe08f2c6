/// What a server says of itself.
public struct ServerMetadata: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// Its version.
  public var version: String
  /// The extensions of the protocol that it has.
  public var extensions: [String]
}

/// What a model takes or makes.
public struct TensorMetadata: Sendable, Hashable {
  /// The name.
  public var name: String
  /// The type of the elements; `nil` where it is none that the protocol has a name for, or the model leaves it open.
  public var datatype: Datatype?
  /// The sizes, −1 for those that a request chooses; `nil` where the model does not say how many there are.
  public var shape: [Int]?
  /// Whether it may be left out of a request.
  public var isOptional: Bool
}

/// What a server says of a model.
public struct ModelMetadata: Sendable, Hashable {
  /// The name.
  public var name: String
  /// The versions that are ready, the latest last.
  public var versions: [String]
  /// What runs it, and its format: `infold_onnx`.
  public var platform: String
  /// What it takes, in the model's order.
  public var inputs: [TensorMetadata]
  /// What it makes, in the model's order.
  public var outputs: [TensorMetadata]
}

/// A model of the repository, and how it is.
public struct RepositoryIndexEntry: Sendable, Hashable {
  /// How a version of a model is.
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
  /// Whether it can run.
  public var state: State
  /// Why it cannot, or why the last attempt to load it anew failed; else empty.
  public var reason: String
}
