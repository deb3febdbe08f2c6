import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// Random pictures for a network's inputs, where there are no others.
struct NoiseSource {
  /// How many there are.
  let count: Int
  private let inputs: [(name: String, type: ElementType, shape: [Int], range: ClosedRange<Double>?)]
  /// What the random numbers are multiplied with.
  var factor = 1.0

  /// - Parameters:
  ///   - shapes: Those of inputs, by name, where the model leaves them open.
  ///   - ranges: What the caller knows of inputs.
  /// - Throws: `InfoldError` with `.invalidArgument` for names of no input, shapes that do not fit, and sizes that are not known;
  ///   `.unsupported` for an input that is no tensor.
  init(
    _ model: Model, count: Int, shapes: [String: [Int]], ranges: [String: ClosedRange<Double>]
  ) throws(InfoldError) {
    self.count = count
    let graph = model.graph
    let names = Set(graph.inputs.map { graph[$0].name })
    for name in (Array(shapes.keys) + Array(ranges.keys)).sorted() where !names.contains(name) {
      throw InfoldError(.invalidArgument, "the model has no input \(String(quoting: name))")
    }
    for (name, range) in ranges where !range.lowerBound.isFinite || !range.upperBound.isFinite {
      throw InfoldError(.invalidArgument, "the range of the input \(String(quoting: name)) is not finite")
    }
    var inputs: [(String, ElementType, [Int], ClosedRange<Double>?)] = []
    for id in graph.requiredInputs {
      let name = graph[id].name
      guard let type = graph[id].type else {
        throw InfoldError(.unsupported, "the input \(String(quoting: name)) is not a tensor")
      }
      var shape = shapes[name]
      if let shape, type.shape?.admits(shape) == false {
        throw InfoldError(
          .invalidArgument, "the input \(String(quoting: name)) cannot have the shape \(shape), but \(type.shape!)")
      }
      if shape == nil, let declared = type.shape {
        let sizes = declared.enumerated().compactMap { axis, dimension in dimension.size ?? (axis == 0 ? 1 : nil) }
        if sizes.count == declared.rank { shape = sizes }
      }
      guard let shape else {
        throw InfoldError(
          .invalidArgument, "the model leaves open the size of the input \(String(quoting: name))",
          hint: "say which random pictures have, or give samples")
      }
      inputs.append((name, type.elementType, shape, ranges[name]))
    }
    self.inputs = inputs
  }

  /// The tensors of a sample.
  func sample(_ index: Int) throws(InfoldError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    var generator = SplitMix64(seed: UInt64(index) &+ 0x1F0D)
    for input in inputs {
      let picture = try Tensor(naturalImage: input.shape, of: input.type, using: &generator)
      guard input.type == .float32 else {
        tensors[input.name] = picture
        continue
      }
      let numbers = try picture.elements(as: Float.self)
      tensors[input.name] = try Tensor(
        shape: input.shape,
        numbers.map { value in
          guard let range = input.range else { return value * Float(factor) }
          let half = (range.upperBound - range.lowerBound) / 2
          let placed = range.lowerBound + half + half * Double(value)
          return Float(min(max(placed, range.lowerBound), range.upperBound))
        })
    }
    return tensors
  }

  /// The same pictures, as bright as the first batch normalization that sees them says: where its input is a layer of the picture, whose
  /// stored variance tells that of the picture.
  func matched(to model: Model, _ session: SessionOptions) -> NoiseSource {
    guard !inputs.contains(where: { $0.range != nil }),
      let collector = try? StatisticsCollector(model, session: session),
      let statistics = try? collector.collect(sampleCount: min(count, 4), sample: sample),
      let first = statistics.layers.first,
      let stored = first.storedVariance
    else { return self }
    let ratios = zip(stored, first.variance).filter { $0 > 0 && $1 > 0 }.map { $0 / $1 }.filter(\.isFinite).sorted()
    guard !ratios.isEmpty else { return self }
    var matched = self
    matched.factor = min(max(ratios[ratios.count / 2].squareRoot(), 1e-3), 1e3)
    return matched
  }

  /// The model with batch normalizations that see these pictures as they would see those that it was trained with; `nil` where there are
  /// none, or where they cannot be given other statistics.
  func modelMatched(_ model: Model, _ session: SessionOptions) -> Model? {
    guard
      let collector = try? StatisticsCollector(
        model, options: .init(isSequential: true), session: session),
      let statistics = try? collector.collect(sampleCount: count, sample: sample)
    else { return nil }
    return try? statistics.model()
  }
}
