/// Steps that take turns, each on some rows of its image, so that what they hand on stays in the second-level cache and needs no more
/// memory than a band of rows.
///
/// Every step computes the rows that it has not computed yet; of those, the next one may need the last ones again, which move to the
/// beginning of the band. So every element comes from the same operations as without bands.
struct BandStep: Step {
  /// The steps, each of which reads what the one before writes.
  let members: [any RowStep]
  /// The rows that each depends on.
  private let dependencies: [RowDependency]
  /// The rows of the last result in a band.
  let rowsPerBand: Int
  /// For each result but the last: where its rows lie in a thread's scratch memory, in bytes; `nil` where they lie in memory of their
  /// own, since others read them too.
  private let bands: [Int?]
  private let memberScratch: Int
  let scratchByteCount: Int

  /// The most steps that take turns.
  static let maximumCount = 8
  /// Rows of each step's result, in memory of the run, which allocates nothing.
  private typealias Rows = InlineArray<8, Range<Int>>

  /// - Parameters:
  ///   - members: Two steps or more, up to `maximumCount`, that can be taken row by row.
  ///   - isInBand: For each result but the last, whether it needs no more memory than a band. What others read too is handed on row by
  ///     row, so that no two threads write the same rows.
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

  /// For each step, the rows of its result that a band needs at most.
  static func rowCounts(_ dependencies: [RowDependency], _ rowsPerBand: Int) -> [Int] {
    var counts = [rowsPerBand]
    for dependency in dependencies.dropFirst().reversed() { counts.insert(dependency.inputCount(of: counts[0]), at: 0) }
    return counts
  }

  /// Whether no band computes much less than it takes over from the one before.
  static func suits(_ dependencies: [RowDependency], rowsPerBand: Int) -> Bool {
    zip(dependencies.dropFirst(), rowCounts(dependencies, rowsPerBand)).allSatisfy { $1 >= 2 * ($0.extent - $0.step) }
  }

  private var rows: Int { dependencies.last!.outputRows }

  func tasks(phase: Int, workers: Int) -> Int {
    workers == 1 ? 1 : min(workers, (rows + rowsPerBand - 1) / rowsPerBand)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<rows).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let part = (0..<rows).part(task, of: count)
    let scratch = state.scratch(of: worker)
    // Of each result, the rows that lie in its band.
    var present = Rows(repeating: 0..<0)
    var begin = part.lowerBound
    while begin < part.upperBound {
      let end = min(begin + rowsPerBand, part.upperBound)
      advance(to: begin..<end, &present, scratch, state)
      begin = end
    }
  }

  /// Makes rows of the last result, and what they need.
  private func advance(
    to rows: Range<Int>, _ present: inout Rows, _ scratch: UnsafeMutableRawPointer, _ state: RunState
  ) {
    let last = members.count - 1
    // From the last step to the first: which rows are needed, and which of them are missing.
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
        from: index == 0 ? state.pointer(members[0].input) : row0(ofResult: index - 1, present, scratch, state),
        to: row0(ofResult: index, present, scratch, state),
        scratch: scratch + memberScratch, in: state)
    }
  }

  /// Where row 0 of a result lies, or would lie: of one in a band, the rows that are present do.
  private func row0(
    ofResult index: Int, _ present: Rows, _ scratch: UnsafeMutableRawPointer, _ state: RunState
  ) -> UnsafeMutablePointer<Float> {
    guard index < bands.count, let band = bands[index] else { return state.pointer(members[index].output) }
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
