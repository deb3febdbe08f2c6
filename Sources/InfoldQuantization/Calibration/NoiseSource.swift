import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// Random pictures as inputs of a network. They replace samples if there are none.
struct NoiseSource {
  /// The number of pictures.
  let count: Int
  private let inputs: [(name: String, type: ElementType, shape: [Int], range: ClosedRange<Double>?)]
  /// The factor that scales the random numbers.
  var factor = 1.0

  /// - Parameters:
  ///   - shapes: Input shapes by name, if the model leaves them open.
  ///   - ranges: Known input ranges by name.
  /// - Throws: `InfoldError` with `.invalidArgument` if a name is not a graph input, a shape does
  ///   not fit, a size is unknown, or a range is not finite; `.unsupported` for an input that is
  ///   not a tensor.
  init(
    _ model: Model, count: Int, shapes: [String: [Int]], ranges: [String: ClosedRange<Double>]
  ) throws(InfoldError) {
    self.count = count
    let graph = model.graph
    let names = Set(graph.inputs.map { graph[$0].name })
    for name in (Array(shapes.keys) + Array(ranges.keys)).sorted() where !names.contains(name) {
      throw InfoldError(.invalidArgument, "\(String(quoting: name)) is not a graph input")
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
          .invalidArgument,
          "shape mismatch: the input \(String(quoting: name)) has the shape \(type.shape!), not \(shape)")
      }
      if shape == nil, let declared = type.shape {
        let sizes = declared.enumerated().compactMap { axis, dimension in dimension.size ?? (axis == 0 ? 1 : nil) }
        if sizes.count == declared.rank { shape = sizes }
      }
      guard let shape else {
        throw InfoldError(
          .invalidArgument, "the input \(String(quoting: name)) has a dynamic dimension or an unknown rank",
          hint: "give its shape for random pictures, or give samples")
      }
      inputs.append((name, type.elementType, shape, ranges[name]))
    }
    self.inputs = inputs
  }

  /// Returns the tensors of a random picture.
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

  /// Returns the same pictures, scaled to the brightness that the first batch normalization
  /// implies. Its input is a linear function of the picture, so the stored variance of the input
  /// determines that of the picture.
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

  /// Returns the model with batch normalization statistics recomputed for these pictures, so that
  /// every normalization produces what it produced in training; `nil` if there are no batch
  /// normalizations, or if their statistics cannot be replaced.
  func modelMatched(_ model: Model, _ session: SessionOptions) -> Model? {
    guard
      let collector = try? StatisticsCollector(
        model, options: .init(isSequential: true), session: session),
      let statistics = try? collector.collect(sampleCount: count, sample: sample)
    else { return nil }
    return try? statistics.model()
  }
}
