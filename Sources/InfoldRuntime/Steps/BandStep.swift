/// Runs several steps band by band. Each processes some rows of its image in turn, so that
/// intermediate results stay in the second-level cache and need memory only for a band of rows.
///
/// Each step computes the rows that it has not computed yet. The last rows of a band may be needed
/// again by the next one and move to the beginning of the band. Every element is computed by the
/// same operations as without bands.
struct BandStep: Step {
  /// The steps. Each reads what the previous one writes.
  let members: [any RowStep]
  /// The row dependency of each step.
  private let dependencies: [RowDependency]
  /// The number of rows of the last result per band.
  let rowsPerBand: Int
  /// For each result but the last, the offset of its band in a thread's scratch memory, in bytes;
  /// `nil` if it has memory of its own because other steps read it too.
  private let bands: [Int?]
  private let memberScratch: Int
  let scratchByteCount: Int

  /// The maximum number of steps in a band.
  static let maximumCount = 8
  /// The rows of each step's result, stored inline to avoid allocation.
  private typealias Rows = InlineArray<8, Range<Int>>

  /// - Parameters:
  ///   - members: At least two steps, up to `maximumCount`, that can run row by row.
  ///   - isInBand: For each result but the last, whether it needs memory for one band only. Other
  ///     results are passed on row by row, so that no two threads write the same rows.
  init(_ members: [any RowStep], isInBand: [Bool], rowsPerBand: Int) {
    self.members = members
    self.rowsPerBand = rowsPerBand
    dependencies = members.map { $0.dependency! }
    let counts = Self.rowCounts(dependencies, rowsPerBand)
    var end = 0
    var bands: [Int?] = []
    for index in members.indices.dropLast() {
      guard isInBand[index] else {
        bands.append(nil)
        continue
      }
      bands.append(end)
      let byteCount = counts[index] * dependencies[index].outputStride * MemoryLayout<Float>.stride
      end += ArenaLayout.aligned(byteCount)
    }
    self.bands = bands
    memberScratch = end
    scratchByteCount = end + members.reduce(0) { max($0, $1.scratchByteCount) }
  }

  /// Returns, for each step, the maximum number of rows of its result that a band needs.
  static func rowCounts(_ dependencies: [RowDependency], _ rowsPerBand: Int) -> [Int] {
    var counts = [rowsPerBand]
    for dependency in dependencies.dropFirst().reversed() { counts.insert(dependency.inputCount(of: counts[0]), at: 0) }
    return counts
  }

  /// Returns whether every band computes considerably more rows than it takes over from the
  /// previous band.
  static func suits(_ dependencies: [RowDependency], rowsPerBand: Int) -> Bool {
    zip(dependencies.dropFirst(), rowCounts(dependencies, rowsPerBand)).allSatisfy { $1 >= 2 * ($0.extent - $0.step) }
  }

  /// For each result but the last, whether it has memory for one band only.
  var isInBand: [Bool] { bands.map { $0 != nil } }

  private var rows: Int { dependencies.last!.outputRows }

  func tasks(phase: Int, workers: Int) -> Int {
    workers == 1 ? 1 : min(workers, (rows + rowsPerBand - 1) / rowsPerBand)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<rows).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let part = (0..<rows).part(task, of: count)
    let scratch = state.scratch(of: worker)
    // For each result, the rows that its band contains.
    var present = Rows(repeating: 0..<0)
    var begin = part.lowerBound
    while begin < part.upperBound {
      let end = min(begin + rowsPerBand, part.upperBound)
      advance(to: begin..<end, &present, scratch, state)
      begin = end
    }
  }

  /// Computes rows of the last result and everything that they depend on.
  private func advance(
    to rows: Range<Int>, _ present: inout Rows, _ scratch: UnsafeMutableRawPointer, _ state: RunState
  ) {
    let last = members.count - 1
    // From the last step to the first, determine which rows are needed and which of them are
    // missing.
    var missing = Rows(repeating: 0..<0)
    missing[last] = rows
    for index in stride(from: last, to: 0, by: -1) where !missing[index].isEmpty {
      let needed = dependencies[index].inputs(of: missing[index])
      let known = needed.clamped(to: present[index - 1])
      let begin = known.isEmpty ? needed.lowerBound : known.upperBound
      missing[index - 1] = begin..<max(begin, needed.upperBound)
      move(known, ofResult: index - 1, from: present[index - 1], scratch)
      present[index - 1] = (known.isEmpty ? begin : known.lowerBound)..<missing[index - 1].upperBound
    }
    for index in members.indices where !missing[index].isEmpty {
      members[index].run(
        rows: missing[index],
        from: index == 0 ? state.firstRow(members[0].input) : row0(ofResult: index - 1, present, scratch, state),
        to: row0(ofResult: index, present, scratch, state),
        scratch: scratch + memberScratch, in: state)
    }
  }

  /// Returns the address of row 0 of a result, or where it would be if the band does not contain
  /// it.
  private func row0(
    ofResult index: Int, _ present: Rows, _ scratch: UnsafeMutableRawPointer, _ state: RunState
  ) -> UnsafeMutablePointer<Float> {
    guard index < bands.count, let band = bands[index] else { return state.firstRow(members[index].output) }
    return (scratch + band).assumingMemoryBound(to: Float.self)
      - present[index].lowerBound * dependencies[index].outputStride
  }

  /// Moves rows that are still needed to the beginning of their band.
  private func move(
    _ known: Range<Int>, ofResult index: Int, from present: Range<Int>, _ scratch: UnsafeMutableRawPointer
  ) {
    guard let band = bands[index], !known.isEmpty, known.lowerBound > present.lowerBound else { return }
    let rowByteCount = dependencies[index].outputStride * MemoryLayout<Float>.stride
    (scratch + band).copyMemory(
      from: scratch + band + (known.lowerBound - present.lowerBound) * rowByteCount,
      byteCount: known.count * rowByteCount)
  }
}
