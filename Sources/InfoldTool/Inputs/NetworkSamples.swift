import ArgumentParser
import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// The samples on which two networks are compared. A sample is read or generated when it is
/// requested.
struct NetworkSamples {
  let count: Int
  let sample: (Int) throws(InfoldError) -> FoldValidation.Sample

  /// The samples of a folder.
  init(_ dataSet: DataSet) {
    count = dataSet.count
    sample = { (index) throws(InfoldError) in
      FoldValidation.Sample(name: dataSet.name(index), inputs: try dataSet.sample(index))
    }
  }

  /// A single sample.
  init(_ sample: FoldValidation.Sample) {
    count = 1
    self.sample = { _ in sample }
  }

  /// Random samples that resemble natural pictures, for the inputs that no file sets.
  /// - Parameters:
  ///   - seed: The seed of the first sample; the following samples use the following seeds.
  ///   - name: The name of each sample in messages, or `nil` to name it by its seed.
  init(random inputs: ModelInputs, count: Int, seed: UInt64, name: String? = nil) {
    self.count = count
    sample = { (index) throws(InfoldError) in
      let seed = seed &+ UInt64(index)
      let tensors = try inputs.complete(seed: seed) { (shape, type, generator) throws(InfoldError) in
        try Tensor(naturalImage: shape, of: type, using: &generator)
      }
      return FoldValidation.Sample(name: name ?? "random \(seed)", inputs: tensors)
    }
  }
}

extension SampleFolders {
  /// Checks that samples come from one source only.
  /// - Parameters:
  ///   - samples: The number of random samples, if given.
  ///   - sizes: The shapes of random samples.
  /// - Throws: `ValidationError` if sources are combined or `samples` is out of range.
  func requireOneSource(samples: Int?, _ sizes: ShapeOptions) throws {
    let sources = [images != nil, inputs != nil, samples != nil].count { $0 }
    if sources > 1 { throw ValidationError("--images, --inputs and --samples cannot be combined") }
    if let samples, !(1...1000).contains(samples) {
      throw ValidationError("--samples is \(samples), but must be 1 to 1000")
    }
    if !sizes.shape.isEmpty, isGiven {
      throw ValidationError("--shape sets the sizes of random inputs; it cannot be combined with --images or --inputs")
    }
  }

  /// Returns the samples of the folder, or random ones if there is no folder.
  /// - Parameters:
  ///   - path: The file of the model.
  ///   - sizes: The shapes of random samples.
  ///   - count: The number of random samples.
  ///   - seed: The seed of the first random sample.
  func samples(
    of model: Model, path: String, _ sizes: ShapeOptions, random count: Int, seed: UInt64
  ) throws(InfoldError) -> NetworkSamples {
    let shapes = try sizes.shapes()
    let graph = try model.binding(shapes).graph
    let inputs = graph.inputs.map(graph.info)
    if isGiven { return NetworkSamples(try dataSet(ofModel: path, inputs)) }
    return NetworkSamples(random: try ModelInputs(inputs, files: [], shapes: shapes), count: count, seed: seed)
  }
}
