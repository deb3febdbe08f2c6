import ArgumentParser
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// The samples that two networks are compared on. Each is read, or made, when it is asked for.
struct NetworkSamples {
  let count: Int
  let sample: (Int) throws(InfoldError) -> FoldingProof.Sample

  /// Those of a folder.
  init(_ dataSet: DataSet) {
    count = dataSet.count
    sample = { (index) throws(InfoldError) in
      FoldingProof.Sample(name: dataSet.name(index), inputs: try dataSet.sample(index))
    }
  }

  /// One.
  init(_ sample: FoldingProof.Sample) {
    count = 1
    self.sample = { _ in sample }
  }

  /// Random ones that are like natural pictures, for what files do not give.
  /// - Parameters:
  ///   - seed: That of the first; the others follow.
  ///   - name: What messages call each; `nil` for its seed.
  init(random inputs: ModelInputs, count: Int, seed: UInt64, name: String? = nil) {
    self.count = count
    sample = { (index) throws(InfoldError) in
      let seed = seed &+ UInt64(index)
      let tensors = try inputs.complete(seed: seed) { (shape, type, generator) throws(InfoldError) in
        try Tensor(naturalImage: shape, of: type, using: &generator)
      }
      return FoldingProof.Sample(name: name ?? "random \(seed)", inputs: tensors)
    }
  }
}

extension SampleFolders {
  /// Checks that samples come from one place.
  /// - Parameters:
  ///   - samples: The number of random ones, where it is given.
  ///   - sizes: The shapes of random ones.
  /// - Throws: `ValidationError`.
  func requireOneSource(samples: Int?, _ sizes: ShapeOptions) throws {
    let sources = [images != nil, inputs != nil, samples != nil].count { $0 }
    if sources > 1 { throw ValidationError("--images, --inputs and --samples cannot be combined") }
    if let samples, !(1...1000).contains(samples) {
      throw ValidationError("--samples is \(samples), and must be 1 to 1000")
    }
    if !sizes.shape.isEmpty, isGiven {
      throw ValidationError("--shape says how large random inputs are; --images and --inputs have their own sizes")
    }
  }
}
