import FoundationEssentials
public import Infold

/// A folder of models for one test, which is removed with this object.
public final class TestModels: Sendable {
  /// The folder.
  public let folder: String

  /// An empty folder.
  public init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/infold-serve-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Adds a model to the folder.
  /// - Parameter path: Its file in the folder.
  public func add(_ model: Model, as path: String) throws {
    try prepare(path)
    try model.write(to: folder + "/" + path)
  }

  /// Adds a file to the folder.
  public func add(_ text: String, as path: String) throws {
    try prepare(path)
    try Data(text.utf8).write(to: URL(filePath: folder + "/" + path))
  }

  /// Removes a file or folder from the folder.
  public func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: folder + "/" + path) }

  private func prepare(_ path: String) throws {
    guard let end = path.lastIndex(of: "/") else { return }
    try FileManager.default.createDirectory(atPath: folder + "/" + path[..<end], withIntermediateDirectories: true)
  }
}

extension TestModels {
  /// y = x · factor, over [N, 4].
  public static func scaling(by factor: Float) throws -> Model {
    var network = ModelBuilder("scaling")
    let x = try network.input("x", shape: ["N", 4])
    let constant = try network.constant(Tensor(scalar: factor))
    try network.output(network.node("Mul", [x, constant]), named: "y")
    return try network.model()
  }

  /// sum = a + b and difference = a − b, over [N, 2].
  public static func sums() throws -> Model {
    var network = ModelBuilder("sums")
    let a = try network.input("a", shape: ["N", 2]), b = try network.input("b", shape: ["N", 2])
    try network.output(network.node("Add", [a, b]), named: "sum")
    try network.output(network.node("Sub", [a, b]), named: "difference")
    return try network.model()
  }

  /// The elements of [N, K] in rows of four, if their number is a multiple of four.
  public static func rows() throws -> Model {
    var network = ModelBuilder("rows")
    let x = try network.input("x", shape: ["N", "K"])
    let shape = try network.constant(Tensor(shape: [2], [-1, 4] as [Int64]))
    try network.output(network.node("Reshape", [x, shape]), named: "y")
    return try network.model()
  }

  /// The same elements, of any type, over [N].
  public static func identity(_ elementType: ElementType) throws -> Model {
    var network = ModelBuilder("identity")
    let x = try network.input("x", shape: ["N"], of: elementType)
    try network.output(network.node("Identity", [x]), named: "y")
    return try network.model()
  }

  /// A network for [N, 16, 24, 24] that keeps images separate, and is large enough for that to be worthwhile: scores [N, 10].
  public static func images() throws -> Model {
    var random = SplitMix64(seed: 7)
    func weights(_ shape: [Int]) throws(InfoldError) -> Tensor {
      try Tensor(shape: shape, of: Float.self) { elements in
        for index in elements.indices { elements[index] = Float.random(in: -0.2...0.2, using: &random) }
      }
    }
    var network = ModelBuilder("images")
    let x = try network.input("x", shape: ["N", 16, 24, 24])
    let convolved = try network.node(
      "Conv", [x, network.constant(weights([64, 16, 3, 3]))], attributes: ["pads": .ints([1, 1, 1, 1])])
    let pooled = try network.node("GlobalAveragePool", [network.node("Relu", [convolved])])
    let rows = try network.node("Flatten", [pooled])
    let scores = try network.node(
      "Gemm", [rows, network.constant(weights([64, 10])), network.constant(weights([10]))])
    try network.output(network.node("Softmax", [scores]), named: "y")
    return try network.model()
  }

  /// Pictures [1, 3, 8, 8]; the scores are the means of the three channels.
  public static func channels() throws -> Model {
    var network = ModelBuilder("channels")
    let x = try network.input("x", shape: ["N", 3, 8, 8])
    try network.output(network.node("Flatten", [network.node("GlobalAveragePool", [x])]), named: "y")
    return try network.model()
  }

  /// Random numbers for `images()`.
  public static func image(_ seed: UInt64) throws -> Tensor {
    var random = SplitMix64(seed: seed)
    return try Tensor(shape: [1, 16, 24, 24], of: Float.self) { elements in
      for index in elements.indices { elements[index] = Float.random(in: -1...1, using: &random) }
    }
  }
}
