import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

/// A recurrent operator: first what the inputs add to all gates, as one product, then position by position what the states add, and the
/// new states.
struct RecurrentStep: Step {
  let products: any ConvolutionKernels.Type
  let kernels: any LanewiseKernels.Type
  let byteKernels: any ByteKernels.Type
  let shape: RecurrentShape
  let cell: any RecurrentCell
  let x: Location
  /// X in 8 bits, where its weights are of 8 bits.
  let quantized: QuantizedSequences?
  let weights: [RecurrentWeights]
  /// The lengths of the sequences, as int32; `nil` where all are as long as X.
  let lengths: Location?
  /// The states at the beginning; `nil` for zeros.
  let initial: [Location?]
  /// Memory for the gates of every row of X, in each direction.
  let gates: Location
  /// The states, in the end those behind the last position.
  let states: [Location]
  /// Whether somebody reads the hidden state.
  let isHiddenWanted: Bool
  /// The hidden state at every position; `nil` where nobody reads it.
  let y: Location?
  /// The node, as errors call it.
  let label: String

  var phases: Int { 2 }

  private var gateSize: Int { type(of: cell).gateCount * shape.hiddenSize }

  private var productScratch: Int {
    (products.convolutionScratch(taps: 1, channels: max(shape.inputSize, shape.hiddenSize)) + 63) & ~63
  }

  private var roomByteCount: Int { cell.room * shape.hiddenSize * shape.batch * MemoryLayout<Float>.stride }

  var scratchByteCount: Int {
    let ofBytes = quantized == nil ? 0 : RecurrentProduct.byteCount(rows: shape.batch, inner: shape.hiddenSize)
    return productScratch + roomByteCount + ofBytes
  }

  /// What the work of each phase is cut into: rows of X, and sequences, of every direction.
  private func units(_ phase: Int) -> Int { shape.directions * (phase == 0 ? shape.rows : shape.batch) }

  func tasks(phase: Int, workers: Int) -> Int {
    let inner = phase == 0 ? shape.inputSize : shape.hiddenSize
    let sharing = WorthwhileThreads.count(
      multiplications: shape.directions * shape.rows * gateSize * inner, workers: workers)
    return sharing > 1 ? min(phase == 0 ? 2 * sharing : sharing, units(phase)) : 1
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<units(phase)).part(task, of: count).count * (phase == 0 ? shape.inputSize : shape.length * shape.hiddenSize)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let part = (0..<units(phase)).part(task, of: count)
    if phase == 0, task == 0 { checkLengths(in: frame) }
    if phase == 1, frame.failure != nil { return }
    let ofDirection = units(phase) / shape.directions
    for direction in 0..<shape.directions {
      let first = direction * ofDirection
      let own = part.clamped(to: first..<first + ofDirection)
      guard !own.isEmpty else { continue }
      let range = own.lowerBound - first..<own.upperBound - first
      if phase == 0 {
        addInputs(direction, range, worker, frame)
      } else {
        advance(direction, range, worker, frame)
      }
    }
  }

  private func checkLengths(in frame: Frame) {
    guard let lengths = given(frame) else { return }
    do throws(InfoldError) {
      for sequence in 0..<shape.batch {
        try RecurrentLayer.requireLength(Int(lengths[sequence]), upTo: shape.length)
      }
    } catch {
      frame.failure = error.atNode(label)
    }
  }

  private func given(_ frame: Frame) -> UnsafePointer<Int32>? {
    lengths.map { UnsafePointer(frame.address($0).assumingMemoryBound(to: Int32.self)) }
  }

  /// What rows of X add to the gates.
  private func addInputs(_ direction: Int, _ rows: Range<Int>, _ worker: Int, _ frame: Frame) {
    let result = RowPlace(
      frame.pointer(gates) + (direction * shape.rows + rows.lowerBound) * gateSize, stride: gateSize)
    let size = KernelRows(kernels: kernels, count: rows.count, width: gateSize), inner = shape.inputSize
    let bias = weights[direction].inputBias.map { UnsafePointer(frame.pointer($0)) }
    guard case .bytes(let matrix) = weights[direction].input, let quantized else {
      return product(frame, worker).multiply(
        RowPlace(frame.pointer(x) + rows.lowerBound * inner, stride: inner), inner: inner, by: weights[direction].input,
        to: result, size, bias: bias)
    }
    let numbers = frame.bytes(quantized.numbers) + rows.lowerBound * inner
    let ofRows =
      frame.address(quantized.rows).assumingMemoryBound(to: ByteRow.self) + direction * shape.rows + rows.lowerBound
    for row in 0..<rows.count {
      ofRows[row] = matrix.row(
        numbers + row * inner, count: inner, scale: frame.pointer(quantized.scale).pointee,
        zeroPoint: frame.bytes(quantized.zeroPoint).pointee)
    }
    matrix.multiply(
      numbers, stride: inner, inner: inner, rows: ofRows, to: result, size, bias: bias, adds: false, by: byteKernels,
      in: frame)
  }

  private func product(_ frame: Frame, _ worker: Int) -> RecurrentProduct {
    let scratch = frame.scratch(of: worker)
    return RecurrentProduct(
      kernels: products, byteKernels: byteKernels, scratch: scratch,
      quantized: scratch + productScratch + roomByteCount, frame: frame)
  }

  /// Goes through the positions of some sequences.
  private func advance(_ direction: Int, _ sequences: Range<Int>, _ worker: Int, _ frame: Frame) {
    let run = RecurrentRun(step: self, direction: direction, lengths: given(frame), frame: frame)
    run.begin(sequences)
    let scratch = frame.scratch(of: worker)
    let room = (scratch + productScratch).assumingMemoryBound(to: Float.self)
    let product = product(frame, worker)
    for turn in 0..<run.longest(sequences) {
      run.forEachPart(of: sequences, turn: turn) { part, position in
        let row = direction * shape.rows + shape.row(position, part.lowerBound)
        cell.advance(
          RecurrentPosition(
            rows: KernelRows(kernels: kernels, count: part.count, width: shape.hiddenSize),
            gates: RowPlace(frame.pointer(gates) + row * gateSize, stride: shape.sequenceStride * gateSize),
            hidden: run.hidden(before: turn, position, part.lowerBound),
            result: run.hidden(at: position, part.lowerBound), cell: run.state(states.count - 1, part.lowerBound),
            room: RowPlace(room, stride: cell.room * shape.hiddenSize), direction: direction, product: product),
          in: frame)
      }
    }
    run.end(sequences)
  }
}

/// A direction of a recurrent operator in a run: where its states lie, and which sequences are at which position.
private struct RecurrentRun {
  let step: RecurrentStep
  let direction: Int
  /// `nil` where all are as long as X.
  let lengths: UnsafePointer<Int32>?
  let frame: Frame

  private var shape: RecurrentShape { step.shape }
  private var isReversed: Bool { shape.isReversed[direction] }

  private func length(_ sequence: Int) -> Int { lengths.map { Int($0[sequence]) } ?? shape.length }

  func longest(_ sequences: Range<Int>) -> Int {
    lengths == nil ? shape.length : sequences.reduce(0) { max($0, length($1)) }
  }

  private func position(_ turn: Int, _ sequence: Int) -> Int {
    isReversed ? length(sequence) - 1 - turn : turn
  }

  /// Calls `body` for neighbouring sequences that are at one position in a turn, and have not ended.
  func forEachPart(of sequences: Range<Int>, turn: Int, _ body: (_ part: Range<Int>, _ position: Int) -> Void) {
    if lengths == nil { return body(sequences, position(turn, 0)) }
    var first = sequences.lowerBound
    while first < sequences.upperBound {
      guard length(first) > turn else {
        first += 1
        continue
      }
      let position = position(turn, first)
      var end = first + 1
      while end < sequences.upperBound, length(end) > turn, self.position(turn, end) == position { end += 1 }
      body(first..<end, position)
      first = end
    }
  }

  /// A state of the sequences from one on.
  func state(_ index: Int, _ sequence: Int) -> RowPlace { state(at: step.states[index], sequence) }

  private func state(at place: Location, _ sequence: Int) -> RowPlace {
    RowPlace(frame.pointer(place) + shape.state(direction, sequence), stride: shape.stateStride)
  }

  /// The hidden state that a position gives, of the sequences from one on.
  func hidden(at position: Int, _ sequence: Int) -> RowPlace {
    guard let y = step.y else { return state(0, sequence) }
    return RowPlace(frame.pointer(y) + shape.result(direction, position, sequence), stride: shape.resultStride)
  }

  /// The hidden state that a position reads, of the sequences from one on.
  func hidden(before turn: Int, _ position: Int, _ sequence: Int) -> RowPlace {
    if turn == 0 { return step.initial[0].map { state(at: $0, sequence) } ?? state(0, sequence) }
    return hidden(at: isReversed ? position + 1 : position - 1, sequence)
  }

  private func rows(_ sequences: Range<Int>) -> KernelRows {
    KernelRows(kernels: step.kernels, count: sequences.count, width: shape.hiddenSize)
  }

  /// Puts the states at the beginning where they are changed from position to position.
  func begin(_ sequences: Range<Int>) {
    let rows = rows(sequences), first = sequences.lowerBound
    for index in step.states.indices {
      if let initial = step.initial[index] {
        // The first position reads the hidden state where it is given.
        if index > 0 { rows.apply(.identity, state(at: initial, first), to: state(index, first)) }
      } else {
        rows.clear(state(index, first))
      }
    }
  }

  /// Puts the hidden state behind the last position where it is wanted, and zeros into Y behind the ends of sequences.
  func end(_ sequences: Range<Int>) {
    if lengths == nil, shape.length > 0 {
      if step.y != nil, step.isHiddenWanted {
        let last = position(shape.length - 1, 0), first = sequences.lowerBound
        rows(sequences).apply(.identity, hidden(at: last, first), to: state(0, first))
      }
      return
    }
    for sequence in sequences {
      let rows = rows(sequence..<sequence + 1), length = length(sequence)
      if length == 0 {
        if let initial = step.initial[0] { rows.apply(.identity, state(at: initial, sequence), to: state(0, sequence)) }
      } else if step.y != nil, step.isHiddenWanted {
        rows.apply(.identity, hidden(at: position(length - 1, sequence), sequence), to: state(0, sequence))
      }
      guard step.y != nil else { continue }
      for position in length..<shape.length { rows.clear(hidden(at: position, sequence)) }
    }
  }
}
