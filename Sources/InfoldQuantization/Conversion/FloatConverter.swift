import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Converts a float32 network to float16 or bfloat16, which halves its size.
///
/// ```swift
/// let converter = try FloatConverter(Model(path: "resnet18.onnx"), to: .float16)
/// let converted = try converter.convert(samples)
/// try converted.model.write(to: "resnet18-float16.onnx")
/// ```
///
/// Batch normalization is folded first, in double precision, so that the conversion rounds each
/// weight only once more. A node keeps float32 if one of its results exceeds half of the type's
/// range in a sample, or if it reads a constant that the type cannot represent.
public struct FloatConverter: Sendable {
  /// The type of the converted network.
  public enum Target: String, Sendable, Hashable, CaseIterable {
    /// IEEE 754 binary16: 11 significant bits, up to 65504.
    case float16
    /// The upper half of float32: 8 significant bits, the range of float32. It requires opset 22.
    case bfloat16

    /// The element type.
    public var elementType: ElementType {
      switch self {
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
    }
  }

  /// The type of the converted network.
  public let target: Target
  /// Whether the inputs and outputs of the converted network keep float32.
  public let keepsInterface: Bool
  /// The report on the folded batch normalizations.
  public let folding: FoldReport
  /// The opset of the original model if it had to be raised; otherwise `nil`.
  public let raisedFrom: Int?

  let model: Model
  let options: SessionOptions

  /// The first opset in which all operators accept bfloat16.
  private static let bfloat16Opset = 22
  /// The IR version that introduced this opset.
  private static let bfloat16IRVersion = 10

  /// Prepares a model for conversion.
  /// - Parameters:
  ///   - original: A float32 network.
  ///   - target: The type to convert to.
  ///   - keepsInterface: Whether inputs and outputs keep float32, so that programs need no change.
  ///   - session: How to run samples through the network.
  /// - Throws: `InfoldError` with `.invalidArgument` if the model is quantized; `.unsupported`,
  ///   naming the node, if Infold cannot raise the model to the opset that the type requires.
  public init(
    _ original: Model, to target: Target, keepsInterface: Bool = true, session: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    var model = try original.inlinedFloats(hint: "convert the float32 model that it was made from")
    try model.simplify()
    let folded = try FoldBatchNormalization().fold(model)
    (model, folding) = (folded.model, folded.report)
    try model.graph.inferTypes()
    let version = model.opsetVersion()
    if target == .bfloat16 { model = try Self.raised(model) }
    raisedFrom = version == model.opsetVersion() ? nil : version
    self.model = model
    self.target = target
    self.keepsInterface = keepsInterface
    options = session
  }

  /// Measures magnitudes on samples, and converts the network.
  /// - Parameters:
  ///   - count: The number of samples, at least 1.
  ///   - progress: Receives the number of samples done.
  ///   - sample: Returns the tensors of a sample by the names of the model's inputs.
  /// - Throws: Any error from `sample`; `InfoldError` with `.invalidArgument` if the samples do not
  ///   fit the model, if a value is not finite in the original, or if no node can be converted;
  ///   `.unsupported`, naming the node, if Infold cannot run it.
  public func convert(
    count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> ConvertedNetwork {
    guard count > 0 else {
      throw InfoldError(.invalidArgument, "there are no samples to determine magnitudes with; give at least one")
    }
    let graph = model.graph
    let values = graph.valueIDs.filter {
      graph[$0].type?.elementType == .float32 && !graph.isConstant($0)
        && (graph.index.useCount(of: $0) > 0 || graph.index.isOutput($0))
    }
    let largest = try magnitudes(values, count: count, sample, progress: progress)
    let limit = NarrowRange(target.elementType).largest / 2
    let large = zip(values, largest).filter { $1 > limit }.map {
      ConvertedNetwork.LargeValue(name: graph[$0].name, largest: Double($1))
    }
    let result = try NarrowFloats(
      target.elementType, keepsInterface: keepsInterface, float32Values: Set(large.map(\.name)),
      opsetVersion: model.opsetVersion() ?? Self.bfloat16Opset
    ).rewritten(graph)
    guard result.convertedNodes > 0 else {
      throw InfoldError(
        .invalidArgument, "the model has no float32 node that can be converted to \(target.rawValue)",
        hint: result.refusals.first.map { "\($0.node) \($0.description)" })
    }
    var converted = model
    converted.graph = result.graph
    return ConvertedNetwork(
      model: converted, convertedNodes: result.convertedNodes,
      refusals: result.refusals, largeValues: large,
      constants: result.constants.map {
        ConvertedNetwork.Constant(
          name: $0.name, count: $0.count, vanished: $0.vanished, subnormal: $0.subnormal, largest: Double($0.largest))
      })
  }

  /// Measures magnitudes on samples, and converts the network.
  /// - Parameter samples: The tensors of each sample by the names of the model's inputs, for at
  ///   least one sample.
  /// - Throws: The errors of `convert(count:progress:sample:)`.
  public func convert(_ samples: [[String: Tensor]]) throws(InfoldError) -> ConvertedNetwork {
    try convert(count: samples.count) { index throws(InfoldError) in samples[index] }
  }

  /// Returns the largest magnitude of each value over all samples.
  private func magnitudes(
    _ values: [ValueID], count: Int, _ sample: SampleSource, progress: (Int) -> Void
  ) throws(InfoldError) -> [Float] {
    let session = try Session(model.returning(values), options: options)
    var largest = [Float](repeating: 0, count: values.count)
    for index in 0..<count {
      let results = try session.run(sample(index))
      for (place, value) in values.enumerated() {
        let name = model.graph[value].name
        largest[place] = max(largest[place], results[name]!.largestMagnitude)
        guard largest[place].isFinite else {
          throw InfoldError(
            .invalidArgument, "the value \(String(quoting: name)) is not finite for sample \(index + 1)")
        }
      }
      progress(index + 1)
    }
    return largest
  }

  /// Returns the model in an opset in which all operators accept bfloat16.
  private static func raised(_ model: Model) throws(InfoldError) -> Model {
    guard let version = model.opsetVersion(), version < bfloat16Opset else { return model }
    let raised = try OpsetRaise.raised(model)
    let start = raised.opsetVersion() ?? version
    var nodes: [Node] = []
    for node in raised.graph.nodes {
      guard node.domain.isEmpty, let typed = node.typed else {
        nodes.append(node)
        continue
      }
      guard Swift.type(of: typed).keepsMeaning(from: start, to: bfloat16Opset) else {
        throw InfoldError(
          .unsupported,
          "bfloat16 requires opset \(bfloat16Opset), in which \(node.opType) differs from opset \(start)",
          hint: "export the model with opset \(bfloat16Opset), or convert it to float16",
          node: raised.graph.label(of: node))
      }
      nodes.append(try node.inOpset(bfloat16Opset))
    }
    var graph = raised.graph
    graph.replaceNodes(nodes)
    return try raised.inOpset(bfloat16Opset, irVersion: bfloat16IRVersion, graph)
  }
}

extension Tensor {
  /// The largest magnitude of a float32 tensor; infinite if it contains a NaN.
  fileprivate var largestMagnitude: Float {
    var largest: Float = 0
    withElements { (numbers: Span<Float>) in
      for index in numbers.indices {
        let magnitude = numbers[index].magnitude
        largest = magnitude.isNaN ? .infinity : max(largest, magnitude)
      }
    }
    return largest
  }
}
