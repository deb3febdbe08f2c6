import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

/// A recurrent operator. The first phase computes the input's contribution to all gates as one
/// product. Then, position by position, the states' contributions are added and the new states
/// computed.
///
/// Threads divide sequences and directions, each of which one thread advances from position to
/// position. If there are fewer of these than threads, threads divide the hidden units at every
/// position instead.
struct RecurrentStep: Step {
  let products: any ConvolutionKernels.Type
  let kernels: any LanewiseKernels.Type
  let byteKernels: any ByteKernels.Type
  let shape: RecurrentShape
  let cell: any RecurrentCell
  let x: Location
  /// X in 8 bits, if its weights have 8 bits.
  let quantized: QuantizedSequences?
  let weights: [RecurrentWeights]
  /// The lengths of the sequences as int32; `nil` if all are as long as X.
  let lengths: Location?
  /// The initial states; `nil` for zeros.
  let initial: [Location?]
  /// Memory for the gates of every row of X, in each direction.
  let gates: Location
  /// The states. At the end they hold the final states.
  let states: [Location]
  /// Whether the final hidden state is used.
  let isHiddenWanted: Bool
  /// The hidden state at every position; `nil` if it is not used.
  let y: Location?
  /// The name of the node in errors.
  let label: String
  /// The hidden units that a thread computes at each position are a multiple of this number; `nil`
  /// if threads divide sequences.
  let sharedUnits: Int?

  /// The first phase is the product of the inputs. If threads divide units, there is then one phase
  /// for each position, and a last one for the final states.
  var phases: Int { sharedUnits == nil ? 2 : shape.length + 2 }

  private var gateSize: Int { type(of: cell).gateCount * shape.hiddenSize }

  private var productScratch: Int {
    (products.convolutionScratch(taps: 1, channels: max(shape.inputSize, shape.hiddenSize)) + 63) & ~63
  }

  private var cellScratchByteCount: Int {
    cell.scratchUnits * shape.hiddenSize * shape.batch * MemoryLayout<Float>.stride
  }

  var scratchByteCount: Int {
    let ofBytes = quantized == nil ? 0 : RecurrentProduct.byteCount(rows: shape.batch, inner: shape.hiddenSize)
    return productScratch + cellScratchByteCount + ofBytes
  }

  /// Returns the number of work units of a phase per direction: rows of X, then sequences or parts
  /// of the hidden units.
  private func units(_ phase: Int) -> Int {
    if phase == 0 { return shape.rows }
    guard let sharedUnits else { return shape.batch }
    return phase > shape.length ? 1 : (shape.hiddenSize + sharedUnits - 1) / sharedUnits
  }

  /// Returns the number of threads that share a position, for a cell with this number of gates.
  static func sharers(_ shape: RecurrentShape, gates: Int, workers: Int) -> Int {
    let multiplications = shape.directions * shape.batch * gates * shape.hiddenSize * shape.hiddenSize
    // Threads do not sleep between positions, so less work is enough for another thread.
    return ThreadHeuristic.count(work: multiplications >> 15, workers: workers)
  }

  func tasks(phase: Int, workers: Int) -> Int {
    if phase > 0, sharedUnits != nil {
      let sharers = Self.sharers(shape, gates: type(of: cell).gateCount, workers: workers)
      return min(sharers, shape.directions * units(phase))
    }
    let inner = phase == 0 ? shape.inputSize : shape.hiddenSize
    let sharing = ThreadHeuristic.count(
      multiplications: shape.directions * shape.rows * gateSize * inner, workers: workers)
    return sharing > 1 ? min(phase == 0 ? 2 * sharing : sharing, shape.directions * units(phase)) : 1
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    let part = (0..<shape.directions * units(phase)).part(task, of: count).count
    if phase == 0 { return part * shape.inputSize }
    guard let sharedUnits else { return part * shape.length * shape.hiddenSize }
    return phase > shape.length ? 0 : part * sharedUnits * shape.batch
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in runState: RunState) {
    let ofDirection = units(phase)
    let part = (0..<shape.directions * ofDirection).part(task, of: count)
    if phase == 0, task == 0 {
      checkLengths(in: runState)
      if sharedUnits != nil {
        for direction in 0..<shape.directions { run(direction, runState).begin(0..<shape.batch) }
      }
    }
    if phase > 0, runState.failure != nil { return }
    for direction in 0..<shape.directions {
      let first = direction * ofDirection
      let own = part.clamped(to: first..<first + ofDirection)
      guard !own.isEmpty else { continue }
      let range = own.lowerBound - first..<own.upperBound - first
      if phase == 0 {
        addInputs(direction, range, worker, runState)
      } else if let sharedUnits {
        let run = run(direction, runState)
        if phase > shape.length {
          run.end(0..<shape.batch)
        } else {
          advance(run, 0..<shape.batch, turn: phase - 1, range.scaled(by: sharedUnits, to: shape.hiddenSize), worker)
        }
      } else {
        let run = run(direction, runState)
        run.begin(range)
        for turn in 0..<run.longest(range) { advance(run, range, turn: turn, 0..<shape.hiddenSize, worker) }
        run.end(range)
      }
    }
  }

  private func run(_ direction: Int, _ runState: RunState) -> RecurrentRun {
    RecurrentRun(step: self, direction: direction, lengths: given(runState), runState: runState)
  }

  private func checkLengths(in runState: RunState) {
    guard let lengths = given(runState) else { return }
    do throws(InfoldError) {
      for sequence in 0..<shape.batch {
        try RecurrentLayer.requireLength(Int(lengths[sequence]), upTo: shape.length)
      }
    } catch {
      runState.failure = error.atNode(label)
    }
  }

  private func given(_ runState: RunState) -> UnsafePointer<Int32>? {
    lengths.map { UnsafePointer(runState.address($0).assumingMemoryBound(to: Int32.self)) }
  }

  /// Computes the contribution of rows of X to the gates.
  private func addInputs(_ direction: Int, _ rows: Range<Int>, _ worker: Int, _ runState: RunState) {
    let result = RowPlace(
      runState.pointer(gates) + (direction * shape.rows + rows.lowerBound) * gateSize, stride: gateSize)
    let columns = GateColumns(all: type(of: cell).gateCount, size: shape.hiddenSize), inner = shape.inputSize
    let bias = weights[direction].inputBias.map { UnsafePointer(runState.pointer($0)) }
    guard case .bytes(let matrix) = weights[direction].input, let quantized else {
      return product(runState, worker).multiply(
        RowPlace(runState.pointer(x) + rows.lowerBound * inner, stride: inner), inner: inner,
        by: weights[direction].input,
        to: result, rows: rows.count, columns, bias: bias)
    }
    let numbers = runState.bytes(quantized.numbers) + rows.lowerBound * inner
    let ofRows =
      runState.address(quantized.rows).assumingMemoryBound(to: ByteRow.self) + direction * shape.rows + rows.lowerBound
    for row in 0..<rows.count {
      ofRows[row] = matrix.row(
        numbers + row * inner, count: inner, scale: runState.pointer(quantized.scale).pointee,
        zeroPoint: runState.bytes(quantized.zeroPoint).pointee)
    }
    matrix.multiply(
      numbers, stride: inner, inner: inner, rows: ofRows, count: rows.count, to: result, columns: 0..<columns.width,
      bias: bias, adds: false, by: byteKernels, in: runState)
  }

  private func product(_ runState: RunState, _ worker: Int) -> RecurrentProduct {
    let scratch = runState.scratch(of: worker)
    return RecurrentProduct(
      kernels: products, byteKernels: byteKernels, scratch: scratch,
      quantized: scratch + productScratch + cellScratchByteCount, runState: runState)
  }

  /// Advances some sequences by one position.
  private func advance(
    _ run: RecurrentRun, _ sequences: Range<Int>, turn: Int, _ units: Range<Int>, _ worker: Int
  ) {
    let (direction, runState) = (run.direction, run.runState)
    let scratch = runState.scratch(of: worker)
    let cellScratch = (scratch + productScratch).assumingMemoryBound(to: Float.self)
    run.forEachPart(of: sequences, turn: turn) { part, position in
      let row = direction * shape.rows + shape.row(position, part.lowerBound)
      cell.advance(
        RecurrentPosition(
          rows: KernelRows(kernels: kernels, count: part.count, width: shape.hiddenSize), units: units,
          gates: RowPlace(runState.pointer(gates) + row * gateSize, stride: shape.sequenceStride * gateSize),
          hidden: run.hidden(before: turn, position, part.lowerBound),
          result: run.hidden(at: position, part.lowerBound), cell: run.state(states.count - 1, part.lowerBound),
          scratch: RowPlace(cellScratch, stride: cell.scratchUnits * shape.hiddenSize), direction: direction,
          product: product(runState, worker)),
        in: runState)
    }
  }
}

/// One direction of a recurrent operator in a run: the locations of its states, and the positions
/// of its sequences.
private struct RecurrentRun {
  let step: RecurrentStep
  let direction: Int
  /// The lengths of the sequences; `nil` if all are as long as X.
  let lengths: UnsafePointer<Int32>?
  let runState: RunState

  private var shape: RecurrentShape { step.shape }
  private var isReversed: Bool { shape.isReversed[direction] }

  private func length(_ sequence: Int) -> Int { lengths.map { Int($0[sequence]) } ?? shape.length }

  func longest(_ sequences: Range<Int>) -> Int {
    lengths == nil ? shape.length : sequences.reduce(0) { max($0, length($1)) }
  }

  private func position(_ turn: Int, _ sequence: Int) -> Int {
    isReversed ? length(sequence) - 1 - turn : turn
  }

  /// Calls `body` for adjacent sequences that have not ended and are at the same position in a
  /// turn.
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

  /// Returns a state, for the sequences starting at `sequence`.
  func state(_ index: Int, _ sequence: Int) -> RowPlace { state(at: step.states[index], sequence) }

  private func state(at place: Location, _ sequence: Int) -> RowPlace {
    RowPlace(runState.pointer(place) + shape.state(direction, sequence), stride: shape.stateStride)
  }

  /// Returns the hidden state computed at a position, for the sequences starting at `sequence`.
  func hidden(at position: Int, _ sequence: Int) -> RowPlace {
    guard let y = step.y else { return state(0, sequence) }
    return RowPlace(runState.pointer(y) + shape.result(direction, position, sequence), stride: shape.resultStride)
  }

  /// Returns the hidden state read at a position, for the sequences starting at `sequence`.
  func hidden(before turn: Int, _ position: Int, _ sequence: Int) -> RowPlace {
    if turn == 0 { return step.initial[0].map { state(at: $0, sequence) } ?? state(0, sequence) }
    return hidden(at: isReversed ? position + 1 : position - 1, sequence)
  }

  private func rows(_ sequences: Range<Int>) -> KernelRows {
    KernelRows(kernels: step.kernels, count: sequences.count, width: shape.hiddenSize)
  }

  /// Initializes the states that are updated in place.
  func begin(_ sequences: Range<Int>) {
    let rows = rows(sequences), first = sequences.lowerBound
    for index in step.states.indices {
      if let initial = step.initial[index] {
        // The first position reads the initial hidden state directly.
        if index > 0 { rows.apply(.identity, state(at: initial, first), to: state(index, first)) }
      } else {
        rows.clear(state(index, first))
      }
    }
  }

  /// Stores the final hidden state if it is used, and fills Y with zeros after the ends of
  /// sequences.
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
