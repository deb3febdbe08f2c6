import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The differences between the outputs of a converted network and of the float32 network, over
/// samples.
public struct ConversionComparison: Sendable {
  /// The quality of an output's numbers.
  public struct Output: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The signal-to-noise ratio against the float32 network.
    public fileprivate(set) var quality = SampledQuality()
    /// The largest difference from the float32 network.
    public fileprivate(set) var largestDifference = 0.0
    /// The largest magnitude in the float32 network.
    public fileprivate(set) var largest = 0.0
  }

  /// The outputs that are float32 in the original.
  public fileprivate(set) var outputs: [Output]
  /// The number of rows of scores with the same best class in both networks; `nil` if the first
  /// output holds no scores.
  public fileprivate(set) var agreements: Int?
  /// The number of rows of scores.
  public fileprivate(set) var rows = 0
}

extension FloatConverter {
  /// Runs the samples through the float32 and the converted network, and compares their outputs.
  /// - Parameters:
  ///   - network: The result of `convert`.
  ///   - count: The number of samples.
  ///   - progress: Receives the number of samples done.
  ///   - sample: Returns the tensors of a sample by the names of the model's inputs.
  /// - Throws: The errors of `convert(count:progress:sample:)`.
  public func compare(
    _ network: ConvertedNetwork, count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> ConversionComparison {
    let before = try Session(model, options: options), after = try Session(network.model, options: options)
    let graph = model.graph
    let narrowInputs = Set(
      network.model.graph.inputs.lazy.map { network.model.graph[$0] }
        .filter { $0.type?.elementType == target.elementType }.map(\.name))
    var comparison = ConversionComparison(
      outputs: graph.outputs.filter { graph[$0].type?.elementType == .float32 }.map { .init(name: graph[$0].name) })
    var classes = ClassAgreement()
    for index in 0..<count {
      let inputs = try sample(index)
      let expected = try before.run(inputs)
      var narrow = inputs
      for name in narrowInputs { narrow[name] = try inputs[name]?.converted(to: target.elementType) }
      let results = try after.run(narrow)
      for place in comparison.outputs.indices {
        let name = comparison.outputs[place].name
        try comparison.outputs[place].add(expected[name]!, results[name]!.converted(to: .float32), sample: index)
      }
      if let first = comparison.outputs.first?.name {
        try classes.add(expected[first]!, results[first]!.converted(to: .float32))
      }
      progress(index + 1)
    }
    comparison.agreements = classes.agreements
    comparison.rows = classes.rows
    return comparison
  }
}

extension ConversionComparison.Output {
  fileprivate mutating func add(_ before: Tensor, _ after: Tensor, sample: Int) throws(InfoldError) {
    quality.add(before, after, sample: sample)
    var (difference, magnitude) = (largestDifference, largest)
    before.withElements { (a: Span<Float>) in
      after.withElements { (b: Span<Float>) in
        for index in a.indices {
          magnitude = max(magnitude, Double(a[index].magnitude))
          difference = max(difference, (Double(b[index]) - Double(a[index])).magnitude)
        }
      }
    }
    (largestDifference, largest) = (difference, magnitude)
  }
}
