import InfoldSystem
import InfoldTensor

/// Divides samples into mini-batches, and mini-batches into runs if the batch size of the model is
/// fixed.
///
/// The first dimension of every tensor of a sample is the batch. A sample may have more than one
/// row.
struct MiniBatches {
  private typealias Chunk = [String: Tensor]

  private let sampleCount: Int
  private let size: Int
  private let runSize: Int?
  private var nextSample = 0
  /// Rows that have been read and not used yet, except for the first `firstRow` rows of the first
  /// chunk.
  private var chunks: [Chunk] = []
  private var firstRow = 0
  private var unusedRows = 0

  /// The number of samples that have been read.
  var samplesRead: Int { nextSample }

  /// - Parameters:
  ///   - sampleCount: The number of samples.
  ///   - size: The number of rows of a mini-batch. The last may have fewer.
  ///   - runSize: The number of rows that the model takes in a run. `nil` if it takes any number.
  /// - Throws: `InfoldError` with `.invalidArgument` if a mini-batch is not a whole number of runs.
  init(sampleCount: Int, size: Int, runSize: Int?) throws(InfoldError) {
    guard size > 0 else { throw InfoldError(.invalidArgument, "the batch size is \(size), but must be at least 1") }
    if let runSize, runSize < 1 || size % runSize != 0 {
      throw InfoldError(
        .invalidArgument,
        "a mini-batch of \(counted(size, "sample")) cannot be run: the batch size of the model is fixed at \(runSize)",
        hint: runSize > 0 ? "choose a batch size that is a multiple of \(runSize)" : nil)
    }
    self.sampleCount = sampleCount
    self.size = size
    self.runSize = runSize
  }

  /// Returns the runs of the next mini-batch. `nil` after the last.
  /// - Parameter sample: Reads a sample, whose tensors have the names of the model's inputs.
  /// - Throws: The errors of `sample`; `InfoldError` with `.invalidArgument` if samples cannot be
  ///   joined, or the remaining rows are not a whole run.
  mutating func next(
    _ sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> [[String: Tensor]]? {
    while unusedRows < size, nextSample < sampleCount {
      let tensors = try sample(nextSample)
      unusedRows += try Self.rows(tensors)
      chunks.append(tensors)
      nextSample += 1
    }
    var rows = min(size, unusedRows)
    guard rows > 0 else { return nil }
    guard let runSize else { return [try take(rows)] }
    guard rows % runSize == 0 else {
      throw InfoldError(
        .invalidArgument,
        "the last \(counted(rows % runSize, "sample")) cannot be run: the batch size of the model is fixed at \(runSize)",
        hint: "choose a number of samples that is a multiple of \(runSize)")
    }
    var runs: [[String: Tensor]] = []
    while rows > 0 {
      runs.append(try take(runSize))
      rows -= runSize
    }
    return runs
  }

  private static func rows(_ sample: Chunk) throws(InfoldError) -> Int {
    var rows: Int?
    for (name, tensor) in sample.sorted(by: { $0.key < $1.key }) {
      guard let size = tensor.shape.first, size > 0, rows == nil || rows == size else {
        throw InfoldError(
          .invalidArgument,
          "the tensor for \(String(quoting: name)) has the shape \(tensor.shape), but its first dimension must be the "
            + "batch size\(rows.map { " \($0)" } ?? "") of the sample")
      }
      guard tensor.elementType.bitWidth.map({ $0 >= 8 }) == true else {
        throw InfoldError(
          .unsupported,
          "samples of \(tensor.elementType), whose elements share bytes, cannot be divided into mini-batches")
      }
      rows = size
    }
    guard let rows else { throw InfoldError(.invalidArgument, "a sample has no tensors") }
    return rows
  }

  /// Takes the next `count` rows, joined.
  /// - Precondition: At least `count` rows have been read and not used.
  private mutating func take(_ count: Int) throws(InfoldError) -> [String: Tensor] {
    var parts: [(chunk: Chunk, rows: Range<Int>)] = []
    var missing = count
    while missing > 0 {
      let available = chunks[0].values.first!.shape[0]
      let end = min(available, firstRow + missing)
      parts.append((chunks[0], firstRow..<end))
      missing -= end - firstRow
      if end == available {
        chunks.removeFirst()
        firstRow = 0
      } else {
        firstRow = end
      }
    }
    unusedRows -= count
    guard parts.count > 1 || parts[0].rows.count < parts[0].chunk.values.first!.shape[0] else { return parts[0].chunk }
    var joined: [String: Tensor] = [:]
    for name in parts[0].chunk.keys.sorted() {
      joined[name] = try Self.join(parts.map { ($0.chunk[name], $0.rows) }, named: name)
    }
    return joined
  }

  private static func join(
    _ parts: [(tensor: Tensor?, rows: Range<Int>)], named name: String
  ) throws(InfoldError) -> Tensor {
    let first = parts[0].tensor!
    let rowShape = first.shape.dropFirst()
    var result = try Tensor(
      zeros: [parts.reduce(0) { $0 + $1.rows.count }] + rowShape, of: first.elementType)
    let rowLength = result.count / result.shape[0]
    var start = 0
    for (tensor, rows) in parts {
      guard let tensor, tensor.shape.dropFirst() == rowShape, tensor.elementType == first.elementType else {
        throw InfoldError(
          .invalidArgument,
          "shape mismatch: samples cannot be joined to a mini-batch, because the input \(String(quoting: name)) is \(first) in one and "
            + "\(tensor.map { "\($0)" } ?? "missing") in another",
          hint: "choose a batch size of 1")
      }
      try result.copyBlocks(
        1, of: rows.count * rowLength, from: tensor, at: .init(start: rows.lowerBound * rowLength, stride: 0),
        to: .init(start: start, stride: 0))
      start += rows.count * rowLength
    }
    return result
  }
}
