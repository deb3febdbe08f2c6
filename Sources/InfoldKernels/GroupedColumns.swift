import InfoldKernelInterface

/// Some columns of a grouped convolution's result, and one vector of its channels.
struct GroupedColumns {
  private let arguments: GroupedConvolutionArguments
  private let room: GroupedRoom
  private let columns: Range<Int>
  /// The channels of the result: the first, and how many.
  private let firstOutput: Int
  private let outputs: Int
  /// The channel of the input from which on vectors are read, and how many numbers of each.
  private let source: Int
  private let readCount: Int
  /// Whether each lane takes the number in its own place.
  private let isPlain: Bool
  private let weights: UnsafePointer<Float>
  private let epilogue: Epilogue

  @inline(always)
  init(_ arguments: GroupedConvolutionArguments, _ room: GroupedRoom, block: Int, columns: Range<Int>) {
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
    weights =
      arguments.weights + block * room.rows * arguments.window.width * groups.inputs * width
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
    for row in rows { convolve(row, rowCount: locate(row)) }
  }

  /// Brings the input's rows under a row of the result to where they are read, but for those that are there already.
  /// - Returns: How many rows of the table that fills.
  @inline(never)
  private func locate(_ row: Int) -> Int {
    let (input, window, depth) = (arguments.input, arguments.window, arguments.depth)
    let (plane, y) = divide(row, by: arguments.output.height)
    let (volume, z) = divide(plane, by: depth.outputDepth)
    let planes = depth.taps(at: z)
    let lines = WindowTaps(
      position: y, size: window.height, stride: window.strideY, dilation: window.dilationY, pad: window.padTop,
      extent: input.height)
    let table = room.table(arguments.scratch), present = room.present(arguments.scratch)
    let weightsOfRow = window.width * arguments.groups.inputs * Vector.scalarCount
    var count = 0
    for tapZ in 0..<planes.count {
      let inputPlane = volume * depth.inputDepth + planes.first + tapZ * depth.dilation
      let windowPlane = (planes.skipped + tapZ) * window.height
      for tapY in 0..<lines.count {
        let line = lines.first + tapY * window.dilationY, inputRow = inputPlane * input.height + line
        let windowRow = windowPlane + lines.skipped + tapY
        // Neighbouring rows stay where they are until the window has passed.
        let place = window.dilationY == 1 ? windowPlane + divide(line, by: window.height).remainder : windowRow
        let values = room.values(arguments.scratch) + place * room.rowStride
        if present[place] != inputRow {
          fill(values, from: input.base + (inputRow * input.width * input.pixelStride + source))
          present[place] = inputRow
        }
        (table + count).initialize(
          to: GroupedRow(values: UnsafePointer(values), weights: weights + windowRow * weightsOfRow))
        count += 1
      }
    }
    return count
  }

  /// Writes a row of the input, with padding around it.
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

  /// Computes a row of the result from the first rows of the table.
  @inline(never)
  private func convolve(_ row: Int, rowCount: Int) {
    let output = arguments.output, pixel = row * output.width + columns.lowerBound
    let rowEpilogue = RowEpilogue(epilogue, pixel: pixel)
    let target = output.base + (pixel * output.pixelStride + firstOutput)
    let sums = GroupedSums(
      rows: room.table(arguments.scratch), rowCount: rowCount, inputs: arguments.groups.inputs,
      inputStride: room.inputStride, offsets: room.offsets(arguments.scratch), taps: arguments.window.width,
      start: rowEpilogue.start(0, outputs), epilogue: rowEpilogue, target: target, stride: output.pixelStride,
      outputs: outputs)
    let count = columns.upperBound - columns.lowerBound
    let isBySeven = count & 7 != 0 && divide(count, by: 7).remainder == 0
    var x = 0
    // Weights are read once for so many sums; half as many registers have no room for them.
    #if INFOLD_AVX512
      while isBySeven, count - x >= 14 {
        GroupedTile<14>.compute(sums, at: x)
        x += 14
      }
      while !isBySeven, count - x >= 16 {
        GroupedTile<16>.compute(sums, at: x)
        x += 16
      }
    #endif
    while isBySeven, count - x >= 7 {
      GroupedTile<7>.compute(sums, at: x)
      x += 7
    }
    while count - x >= 8 {
      GroupedTile<8>.compute(sums, at: x)
      x += 8
    }
    if count - x >= 4 {
      GroupedTile<4>.compute(sums, at: x)
      x += 4
    }
    if count - x >= 2 {
      GroupedTile<2>.compute(sums, at: x)
      x += 2
    }
    if count - x >= 1 { GroupedTile<1>.compute(sums, at: x) }
    if rowEpilogue.isDeferred {
      rowEpilogue.finish(target, stride: output.pixelStride, pixel: 0, count: count, channels: outputs)
    }
  }
}

/// What the columns of a row are computed from.
private struct GroupedSums {
  let rows: UnsafePointer<GroupedRow>
  let rowCount: Int
  let inputs: Int
  let inputStride: Int
  let offsets: UnsafePointer<Int>
  let taps: Int
  let start: Vector
  let epilogue: RowEpilogue
  let target: UnsafeMutablePointer<Float>
  let stride: Int
  let outputs: Int

  /// Writes the first lanes of each of so many results.
  @inline(never)
  func storeParts(_ results: UnsafePointer<Vector>, _ count: Int, at x: Int) {
    for place in 0..<count {
      epilogue.bounded(results[place]).store(at: target + (x + place) * stride, count: outputs)
    }
  }
}

/// So many neighbouring columns, of which each sum is in a register.
private enum GroupedTile<let width: Int> {
  @inline(never)
  static func compute(_ operands: GroupedSums, at x: Int) {
    let start = operands.start
    var sums = InlineArray<width, Vector> { _ in start }
    for row in 0..<operands.rowCount {
      var weights = operands.rows[row].weights
      var values = operands.rows[row].values + x &* Vector.scalarCount
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
    if operands.outputs == Vector.scalarCount {
      for place in 0..<width {
        operands.epilogue.bounded(sums[place]).store(at: operands.target + (x &+ place) &* operands.stride)
      }
    } else {
      var copy = sums
      withUnsafeMutablePointer(to: &copy) { results in
        operands.storeParts(
          UnsafeRawPointer(results).assumingMemoryBound(to: Vector.self), width, at: x)
      }
    }
  }
}
