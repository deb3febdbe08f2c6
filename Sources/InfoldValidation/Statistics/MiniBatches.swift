import InfoldSystem
import InfoldTensor

/// Cuts samples into mini-batches, and these into the runs that a model allows.
///
/// The first dimension of every tensor of a sample is that of the batch; a sample may bring more than one row.
struct MiniBatches {
  private typealias Chunk = [String: Tensor]

  private let sampleCount: Int
  private let size: Int
  private let runSize: Int?
  private var nextSample = 0
  /// Rows that are read and not handed out. Of the first chunk, `firstRow` rows are gone already.
  private var chunks: [Chunk] = []
  private var firstRow = 0
  private var rowsWaiting = 0

  /// The number of samples that have been read.
  var samplesRead: Int { nextSample }

  /// - Parameters:
  ///   - sampleCount: The number of samples.
  ///   - size: The rows of a mini-batch, but for the last, which may have fewer.
  ///   - runSize: The rows that the model takes at a time; `nil` where any number may be given.
  /// - Throws: `InfoldError` with `.invalidArgument` when a mini-batch is not a number of runs.
  init(sampleCount: Int, size: Int, runSize: Int?) throws(InfoldError) {
    guard size > 0 else { throw InfoldError(.invalidArgument, "a mini-batch of \(size) samples is none") }
    if let runSize, runSize < 1 || size % runSize != 0 {
      throw InfoldError(
        .invalidArgument,
        "a mini-batch of \(counted(size, "sample")) cannot be run: the model takes exactly \(runSize) at a time",
        hint: runSize > 0 ? "choose a batch size that is a multiple of \(runSize)" : nil)
    }
    self.sampleCount = sampleCount
    self.size = size
    self.runSize = runSize
  }

  /// The runs of the next mini-batch; `nil` after the last.
  /// - Parameter sample: Reads a sample, whose tensors are named as the model's inputs.
  /// - Throws: what `sample` throws; `InfoldError` with `.invalidArgument` for samples that cannot be joined, or rows
  ///   left over that are no run.
  mutating func next(
    _ sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> [[String: Tensor]]? {
    while rowsWaiting < size, nextSample < sampleCount {
      let tensors = try sample(nextSample)
      rowsWaiting += try Self.rows(tensors)
      chunks.append(tensors)
      nextSample += 1
    }
    var rows = min(size, rowsWaiting)
    guard rows > 0 else { return nil }
    guard let runSize else { return [try take(rows)] }
    guard rows % runSize == 0 else {
      throw InfoldError(
        .invalidArgument,
        "the last \(counted(rows % runSize, "sample")) cannot be run: the model takes exactly \(runSize) at a time")
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
          "the tensor for \(String(quoting: name)) has the shape \(tensor.shape), whose first dimension is not the "
            + "sample's batch\(rows.map { " of \($0)" } ?? "")")
      }
      guard tensor.elementType.bitWidth.map({ $0 >= 8 }) == true else {
        throw InfoldError(
          .unsupported, "samples of \(tensor.elementType) elements, which share bytes, cannot be cut into mini-batches")
      }
      rows = size
    }
    guard let rows else { throw InfoldError(.invalidArgument, "a sample has no tensors") }
    return rows
  }

  /// The next `count` rows, joined.
  /// - Precondition: So many are waiting.
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
    rowsWaiting -= count
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
          "samples cannot be joined to a mini-batch: the input \(String(quoting: name)) is \(first) in one, and "
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
