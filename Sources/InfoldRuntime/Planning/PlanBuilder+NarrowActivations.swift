import InfoldKernelInterface

// Results that only convolutions by a matrix unit read.
extension PlanBuilder {
  /// Stores such results as the bfloat16 numbers that these convolutions multiply, so that they are
  /// converted once, and not by every reader and tap. The convolutions would convert them to the same
  /// numbers, so no bit of their results changes.
  ///
  /// Rounded numbers take half of the memory. A maximum pool between convolutions also reads them:
  /// it gives the same numbers before and after rounding. Split numbers take as much memory as
  /// float32 numbers, so they are stored only if that saves conversions.
  mutating func narrowActivations() {
    guard let unit = matrixUnit else { return }
    let users = usersOfArena()
    var formats: [Int: ElementFormat] = [:]
    for (buffer, places) in users where places.allSatisfy({ canNarrow(buffer, in: steps[$0], unit) }) {
      formats[buffer] = format(of: buffer, places, unit)
    }
    // A pool of rounded numbers needs a rounded result.
    var unsuited: [Int]
    repeat {
      unsuited = formats.keys.filter { buffer in
        users[buffer]!.contains { steps[$0].step.pools(buffer, withoutFormatIn: formats) }
      }
      for buffer in unsuited { formats[buffer] = nil }
    } while !unsuited.isEmpty
    for index in steps.indices { steps[index].narrow(formats, unit) }
    if unit.factors == .rounded {
      for buffer in formats.keys {
        buffers[buffer].byteCount /= ElementFormat.float32.byteCount / ElementFormat.bfloat16.byteCount
      }
    }
  }

  /// Returns the steps that use each buffer of the arena, and each result that is in a band.
  private func usersOfArena() -> [Int: Set<Int>] {
    var users: [Int: Set<Int>] = [:]
    for (index, step) in steps.enumerated() {
      let places = step.reads + step.writes + ((step.step as? BandStep)?.results ?? [])
      for place in places {
        if case .arena = buffers[place.buffer].source { users[place.buffer, default: []].insert(index) }
      }
    }
    return users
  }

  /// Returns whether a step can use a buffer as an image of bfloat16 numbers.
  private func canNarrow(_ buffer: Int, in step: PlannedStep, _ unit: MatrixUnit) -> Bool {
    // An operand that is read twice, such as a residual, is listed twice.
    let uses = (step.reads + step.writes).count { $0.buffer == buffer }
    guard let band = step.step as? BandStep else {
      guard let row = step.step as? any RowStep else { return false }
      return row.canNarrow(buffer, unit) && row.hasRowsToShare(sharers) && uses == row.uses(of: buffer)
    }
    let members = band.members.filter { $0.uses(of: buffer) > 0 }
    guard members.allSatisfy({ $0.canNarrow(buffer, unit) }) else { return false }
    guard band.results.contains(where: { $0.buffer == buffer }) else {
      return uses == members.reduce(0) { $0 + $1.uses(of: buffer) }
    }
    // Only two members use a result that is in the band, where there is no second plane.
    return unit.factors == .rounded && members.allSatisfy { $0.hasWholeRows(of: buffer) }
  }

  /// Returns the format in which a buffer is stored for a matrix unit; `nil` for float32.
  private func format(of buffer: Int, _ places: Set<Int>, _ unit: MatrixUnit) -> ElementFormat? {
    guard unit.factors == .split else { return .bfloat16 }
    let readers = places.flatMap { steps[$0].step.convolutions(reading: buffer) }
    let conversions = readers.reduce(0) { $0 + $1.shape.window.height * $1.shape.window.width }
    return conversions > 1 ? .splitBFloat16(planeStride: buffers[buffer].byteCount / MemoryLayout<Float>.stride) : nil
  }
}

extension Step {
  /// The steps that run row by row: this one, or those of a band.
  fileprivate var rowSteps: [any RowStep] {
    (self as? BandStep)?.members ?? (self as? any RowStep).map { [$0] } ?? []
  }

  /// Returns the convolutions that read a buffer.
  fileprivate func convolutions(reading buffer: Int) -> [ConvolutionStep] {
    rowSteps.compactMap { $0 as? ConvolutionStep }.filter { $0.input.buffer == buffer }
  }

  /// Returns whether a pool reads a buffer, and its result is not among those with a format.
  fileprivate func pools(_ buffer: Int, withoutFormatIn formats: [Int: ElementFormat]) -> Bool {
    rowSteps.contains { $0 is PoolStep && $0.input.buffer == buffer && formats[$0.output.buffer] == nil }
  }
}

extension BandStep {
  /// The results that are in the band.
  fileprivate var results: [Location] { zip(members, isInBand).filter(\.1).map(\.0.output) }
}

extension RowStep {
  /// Returns how often a buffer is the input or the result.
  fileprivate func uses(of buffer: Int) -> Int { [input, output].count { $0.buffer == buffer } }

  /// Returns whether the step can read and write this buffer as an image of bfloat16 numbers.
  fileprivate func canNarrow(_ buffer: Int, _ unit: MatrixUnit) -> Bool {
    if usesUnit { return true }
    if let pool = self as? PoolStep, pool.operation == .maximum, unit.factors == .rounded { return true }
    return input.buffer != buffer && NarrowedRows(self, unit, format: .bfloat16) != nil
  }

  /// Whether the step is a convolution by a matrix unit.
  private var usesUnit: Bool {
    if let convolution = self as? ConvolutionStep, case .bfloat16 = convolution.kernel { true } else { false }
  }

  /// Returns whether there are enough rows for threads, which divide other steps only by rows if
  /// they convert their results.
  fileprivate func hasRowsToShare(_ threads: Int) -> Bool {
    usesUnit || threads == 1 || !sharesChannels && storedRows!.count >= 4 * threads
  }

  /// Returns whether the rows of this buffer will be a whole number of floats when its elements are
  /// bfloat16 numbers.
  fileprivate func hasWholeRows(of buffer: Int) -> Bool {
    guard let dependency else { return false }
    return (input.buffer != buffer || dependency.inputStride.isMultiple(of: 2))
      && (output.buffer != buffer || dependency.outputStride.isMultiple(of: 2))
  }

  /// Returns the same step with the input and the result in these formats, if they are among them.
  fileprivate func narrowed(_ formats: [Int: ElementFormat], _ unit: MatrixUnit) -> any RowStep {
    let (inputFormat, outputFormat) = (formats[input.buffer], formats[output.buffer])
    if usesUnit, var convolution = self as? ConvolutionStep {
      convolution.input.format = inputFormat ?? convolution.input.format
      convolution.output.format = outputFormat ?? convolution.output.format
      return convolution
    }
    guard let outputFormat else { return self }
    if let pool = self as? PoolStep, inputFormat != nil { return NarrowPoolStep(pool, unit.kernels) }
    return NarrowedRows(self, unit, format: outputFormat)!
  }
}

extension PlannedStep {
  /// Changes the formats of the images that the step reads and writes.
  fileprivate mutating func narrow(_ formats: [Int: ElementFormat], _ unit: MatrixUnit) {
    let members = step.rowSteps
    let results = members.map(\.output.buffer).filter { formats[$0] != nil }
    guard !results.isEmpty || members.contains(where: { formats[$0.input.buffer] != nil }) else { return }
    let narrowed = members.map { $0.narrowed(formats, unit) }
    if let band = step as? BandStep {
      step = BandStep(narrowed, isInBand: band.isInBand, rowsPerBand: band.rowsPerBand)
    } else {
      step = narrowed[0]
    }
    fused += results.map { _ in "to bfloat16" }
    for index in reads.indices { reads[index].format = formats[reads[index].buffer] ?? reads[index].format }
    for index in writes.indices { writes[index].format = formats[writes[index].buffer] ?? writes[index].format }
  }
}
