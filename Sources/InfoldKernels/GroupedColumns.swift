import InfoldKernelInterface

/// Some columns of a grouped convolution's result, for one vector of its channels.
struct GroupedColumns {
  private let arguments: GroupedConvolutionArguments
  private let room: GroupedScratch
  private let columns: Range<Int>
  /// The channels of the result: the first one and their number.
  private let firstOutput: Int
  private let outputs: Int
  /// The input channel at which vector loads begin, and the number of elements that they read.
  private let source: Int
  private let readCount: Int
  /// Whether each lane uses the element at its own position.
  private let isPlain: Bool
  private let weights: UnsafePointer<Float>
  private let epilogue: Epilogue

  @inline(always)
  init(_ arguments: GroupedConvolutionArguments, _ room: GroupedScratch, block: Int, columns: Range<Int>) {
    self.arguments = arguments
    self.room = room
    self.columns = columns
    let (groups, width) = (arguments.groups, Vector.scalarCount)
    let perVector = groups.perVector(of: width)
    let firstGroup = block * perVector, channels = groups.count * groups.inputs
    let firstOutput = firstGroup * groups.outputs
    self.firstOutput = firstOutput
    outputs = min(perVector, groups.count - firstGroup) * groups.outputs
    let firstInput = firstGroup * groups.inputs
    source = max(0, min(firstInput, channels - width))
    readCount = min(width, channels)
    isPlain = groups.inputs == 1 && groups.outputs == 1 && firstInput == source
    let windowRows = arguments.depth.size * arguments.window.height
    weights = arguments.weights + block * windowRows * arguments.window.width * groups.inputs * width
    var epilogue = arguments.epilogue
    epilogue.bias = epilogue.bias.map { $0 + firstOutput }
    epilogue.residual = epilogue.residual.map { $0 + firstOutput }
    self.epilogue = epilogue
    let lanes = room.lanes(arguments.scratch)
    for input in 0..<groups.inputs {
      let numbers = UnsafeMutableRawPointer(lanes + input).assumingMemoryBound(to: Int32.self)
      for lane in 0..<width {
        let place = firstInput - source + divide(lane, by: groups.outputs).quotient * groups.inputs + input
        numbers[lane] = Int32(truncatingIfNeeded: lane < outputs ? place : 0)
      }
    }
    let phases = room.phases(arguments.scratch), window = arguments.window
    for phase in 0..<room.phases {
      let first =
        columns.lowerBound * window.strideX - window.padLeft
        + divide(phase * window.dilationX, by: window.strideX).remainder
      let begin = WindowTaps.elements(before: 0, from: first, size: room.phaseLength, dilation: window.strideX)
      let end = WindowTaps.elements(
        before: arguments.input.width, from: first, size: room.phaseLength, dilation: window.strideX)
      phases[phase] = GroupedPhase(first: first, begin: begin, end: end)
    }
  }

  /// Computes rows of the result.
  @inline(always)
  func run(_ rows: Range<Int>) {
    let present = room.present(arguments.scratch)
    for row in 0..<room.rows { present[row] = -1 }
    var row = rows.lowerBound
    while row < rows.upperBound {
      let y = divide(row, by: arguments.output.height).remainder
      let isPaired = room.pairsRows && row + 1 < rows.upperBound && y + 1 < arguments.output.height
      let count = isPaired ? 2 : 1
      convolve(row, count, rowCount: locate(row, count))
      row += count
    }
  }

  /// Copies the input rows under one or two rows of the result into scratch memory, unless they are
  /// already there.
  /// - Returns: The number of table rows that this fills.
  @inline(never)
  private func locate(_ row: Int, _ outputRows: Int) -> Int {
    let (input, window, depth) = (arguments.input, arguments.window, arguments.depth)
    let (plane, y) = divide(row, by: arguments.output.height)
    let (volume, z) = divide(plane, by: depth.outputDepth)
    let planes = depth.taps(at: z)
    let lines = WindowTaps(
      position: y, size: window.height + outputRows - 1, stride: window.strideY, dilation: window.dilationY,
      pad: window.padTop, extent: input.height)
    let table = room.table(arguments.scratch), present = room.present(arguments.scratch)
    let weightsOfRow = window.width * arguments.groups.inputs * Vector.scalarCount
    var count = 0
    for tapZ in 0..<planes.count {
      let inputPlane = volume * depth.inputDepth + planes.first + tapZ * depth.dilation
      let windowPlane = planes.skipped + tapZ
      let planeWeights = weights + windowPlane * window.height * weightsOfRow
      for tapY in 0..<lines.count {
        let line = lines.first + tapY * window.dilationY, inputRow = inputPlane * input.height + line
        let windowRow = lines.skipped + tapY
        let place =
          windowPlane * room.rowsOfPlane + (room.keepsRows ? divide(line, by: room.rowsOfPlane).remainder : windowRow)
        let values = room.values(arguments.scratch) + place * room.rowStride
        if present[place] != inputRow {
          fill(values, from: input.base + (inputRow * input.width * input.pixelStride + source))
          present[place] = inputRow
        }
        (table + count).initialize(
          to: GroupedRow(
            values: UnsafePointer(values),
            weights: windowRow < window.height ? planeWeights + windowRow * weightsOfRow : nil,
            nextWeights: outputRows == 2 && windowRow > 0 ? planeWeights + (windowRow - 1) * weightsOfRow : nil))
        count += 1
      }
    }
    return count
  }

  /// Writes a row of the input with padding around it.
  @inline(always)
  private func fill(_ values: UnsafeMutablePointer<Float>, from row: UnsafePointer<Float>) {
    if isPlain, readCount == Vector.scalarCount {
      fill(values, from: row) { pixel, _ in Vector(at: pixel) }
    } else if readCount == Vector.scalarCount {
      fill(values, from: row) { pixel, lanes in Vector(at: pixel, count: Vector.scalarCount, lanes: lanes) }
    } else {
      fill(values, from: row) { [readCount] pixel, lanes in Vector(at: pixel, count: readCount, lanes: lanes) }
    }
  }

  @inline(always)
  private func fill(
    _ values: UnsafeMutablePointer<Float>, from row: UnsafePointer<Float>,
    _ read: (UnsafePointer<Float>, VectorLanes) -> Vector
  ) {
    let lanes = room.lanes(arguments.scratch), phases = room.phases(arguments.scratch)
    let step = arguments.window.strideX * arguments.input.pixelStride
    var target = values
    for input in 0..<arguments.groups.inputs {
      let lanes = lanes[input]
      for index in 0..<room.phases {
        let phase = phases[index]
        for _ in 0..<phase.begin {
          Vector.zero.store(at: target)
          target += Vector.scalarCount
        }
        var pixel = row + (phase.first * arguments.input.pixelStride + phase.begin * step)
        for _ in phase.begin..<phase.end {
          read(pixel, lanes).store(at: target)
          pixel += step
          target += Vector.scalarCount
        }
        for _ in phase.end..<room.phaseLength {
          Vector.zero.store(at: target)
          target += Vector.scalarCount
        }
      }
    }
  }

  /// Computes one or two rows of the result from the first rows of the table.
  @inline(never)
  private func convolve(_ row: Int, _ outputRows: Int, rowCount: Int) {
    let own = results(row)
    let operands = GroupedOperands(
      rows: room.table(arguments.scratch), rowCount: rowCount, inputs: arguments.groups.inputs,
      inputStride: room.inputStride, offsets: room.offsets(arguments.scratch), taps: arguments.window.width,
      start: own.epilogue.start(0, outputs))
    if GroupedScratch.canPairRows && outputRows == 2 {
      let next = results(row + 1)
      forEachPart { part in
        switch part {
        case .eight(let x): GroupedPair<8>.compute(operands, own, next, at: x)
        case .seven(let x): GroupedPair<7>.compute(operands, own, next, at: x)
        case .four(let x): GroupedPair<4>.compute(operands, own, next, at: x)
        case .two(let x): GroupedPair<2>.compute(operands, own, next, at: x)
        case .one(let x): GroupedPair<1>.compute(operands, own, next, at: x)
        }
      }
      next.finish(columns.count)
    } else {
      forEachPart { part in
        switch part {
        case .eight(let x): GroupedTile<8>.compute(operands, own, at: x)
        case .seven(let x): GroupedTile<7>.compute(operands, own, at: x)
        case .four(let x): GroupedTile<4>.compute(operands, own, at: x)
        case .two(let x): GroupedTile<2>.compute(operands, own, at: x)
        case .one(let x): GroupedTile<1>.compute(operands, own, at: x)
        }
      }
    }
    own.finish(columns.count)
  }

  /// Returns the destination of a row of the result.
  @inline(always)
  private func results(_ row: Int) -> GroupedResults {
    let output = arguments.output, pixel = row * output.width + columns.lowerBound
    return GroupedResults(
      epilogue: RowEpilogue(epilogue, pixel: pixel),
      target: output.base + (pixel * output.pixelStride + firstOutput), stride: output.pixelStride, count: outputs)
  }

  /// Adjacent columns that are computed together, beginning with the given one.
  private enum Part {
    case eight(Int), seven(Int), four(Int), two(Int), one(Int)
  }

  /// Calls `body` with parts that cover all columns.
  @inline(always)
  private func forEachPart(_ body: (Part) -> Void) {
    let count = columns.upperBound - columns.lowerBound
    let isBySeven = count & 7 != 0 && divide(count, by: 7).remainder == 0
    var x = 0
    while isBySeven, count - x >= 7 {
      body(.seven(x))
      x += 7
    }
    while count - x >= 8 {
      body(.eight(x))
      x += 8
    }
    if count - x >= 4 {
      body(.four(x))
      x += 4
    }
    if count - x >= 2 {
      body(.two(x))
      x += 2
    }
    if count - x >= 1 { body(.one(x)) }
  }
}

/// The operands of some columns.
private struct GroupedOperands {
  let rows: UnsafePointer<GroupedRow>
  let rowCount: Int
  let inputs: Int
  let inputStride: Int
  let offsets: UnsafePointer<Int>
  let taps: Int
  let start: Vector
}

/// A row of results.
private struct GroupedResults {
  let epilogue: RowEpilogue
  let target: UnsafeMutablePointer<Float>
  let stride: Int
  /// The number of channels, at most a vector.
  let count: Int

  /// Stores the results of adjacent columns.
  @inline(always)
  func store<let width: Int>(_ results: InlineArray<width, Vector>, at x: Int) {
    if count == Vector.scalarCount {
      for place in 0..<width {
        epilogue.bounded(results[place]).store(at: target + (x &+ place) &* stride)
      }
    } else {
      var copy = results
      withUnsafeMutablePointer(to: &copy) { results in
        storeParts(UnsafeRawPointer(results).assumingMemoryBound(to: Vector.self), width, at: x)
      }
    }
  }

  /// Stores the first lanes of each vector.
  @inline(never)
  private func storeParts(_ results: UnsafePointer<Vector>, _ columns: Int, at x: Int) {
    for place in 0..<columns {
      epilogue.bounded(results[place]).store(at: target + (x + place) * stride, count: count)
    }
  }

  /// Applies the deferred part of the epilogue to all columns.
  @inline(always)
  func finish(_ columns: Int) {
    if epilogue.isDeferred {
      epilogue.finish(target, stride: stride, pixel: 0, count: columns, channels: count)
    }
  }
}

/// Adjacent columns whose sums are in registers.
private enum GroupedTile<let width: Int> {
  @inline(never)
  static func compute(_ operands: GroupedOperands, _ results: GroupedResults, at x: Int) {
    let start = operands.start
    var sums = InlineArray<width, Vector> { _ in start }
    for row in 0..<operands.rowCount {
      let values = operands.rows[row].values + x &* Vector.scalarCount
      if let weights = operands.rows[row].weights { accumulate(&sums, values, weights, operands) }
    }
    results.store(sums, at: x)
  }

  /// Adds the products of one row.
  @inline(always)
  static func accumulate(
    _ sums: inout InlineArray<width, Vector>, _ values: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ operands: GroupedOperands
  ) {
    var (values, weights) = (values, weights)
    for _ in 0..<operands.inputs {
      for tap in 0..<operands.taps {
        let pixel = values + operands.offsets[tap], weight = Vector(at: weights)
        for place in 0..<width {
          sums[place] = .multiplyAdd(Vector(at: pixel + place &* Vector.scalarCount), weight, sums[place])
        }
        weights += Vector.scalarCount
      }
      values += operands.inputStride
    }
  }
}

/// The same columns of two adjacent rows. Inputs that both read are loaded once.
private enum GroupedPair<let width: Int> {
  @inline(never)
  static func compute(_ operands: GroupedOperands, _ results: GroupedResults, _ next: GroupedResults, at x: Int) {
    let start = operands.start
    var sums = InlineArray<width, Vector> { _ in start }
    var nextSums = InlineArray<width, Vector> { _ in start }
    for row in 0..<operands.rowCount {
      var values = operands.rows[row].values + x &* Vector.scalarCount
      guard var weights = operands.rows[row].weights else {
        GroupedTile<width>.accumulate(&nextSums, values, operands.rows[row].nextWeights!, operands)
        continue
      }
      guard var nextWeights = operands.rows[row].nextWeights else {
        GroupedTile<width>.accumulate(&sums, values, weights, operands)
        continue
      }
      for _ in 0..<operands.inputs {
        for tap in 0..<operands.taps {
          let pixel = values + operands.offsets[tap], weight = Vector(at: weights), nextWeight = Vector(at: nextWeights)
          for place in 0..<width {
            let value = Vector(at: pixel + place &* Vector.scalarCount)
            sums[place] = .multiplyAdd(value, weight, sums[place])
            nextSums[place] = .multiplyAdd(value, nextWeight, nextSums[place])
          }
          weights += Vector.scalarCount
          nextWeights += Vector.scalarCount
        }
        values += operands.inputStride
      }
    }
    results.store(sums, at: x)
    next.store(nextSums, at: x)
  }
}
