import InfoldKernelInterface
import InfoldTensor
import Testing

/// Products of quantized rows and packed weights, compared with their definition.
@Suite struct ByteProductTests {
  private struct Shape {
    var rows: Int
    var inner: Int
    var columns: Int
    /// The number of bytes between rows.
    var gap = 0
    var hasZeroPoints = false
    var hasBias = false
    var adds = false
    /// The largest magnitude of the weights. Above 64, the sum of two products may exceed 16 bits.
    var greatestWeight = 128
    /// The value of all inputs, and of all weights; `nil` for random values.
    var fixed: (UInt8, Int8)?
  }

  private static var shapes: [Shape] {
    var shapes: [Shape] = []
    for columns in 1...70 {
      shapes.append(
        Shape(
          rows: 1 + columns % 14, inner: 1 + columns * 7 % 40, columns: columns, gap: columns % 3,
          hasZeroPoints: columns % 2 == 0, hasBias: columns % 3 == 0, adds: columns % 5 < 2,
          greatestWeight: columns % 4 < 2 ? 64 : 128))
    }
    for rows in 1...14 {
      shapes.append(Shape(rows: rows, inner: 33, columns: 130, hasZeroPoints: true, hasBias: true, adds: true))
      shapes.append(Shape(rows: rows, inner: 33, columns: 130, greatestWeight: 64))
    }
    for weight in [Int8(-65), -64, 64, 65] {
      shapes.append(Shape(rows: 5, inner: 70, columns: 33, fixed: (255, weight)))
    }
    shapes.append(Shape(rows: 3, inner: 1 << 15, columns: 5, hasZeroPoints: true, fixed: (255, .min)))
    shapes.append(Shape(rows: 2, inner: 1 << 15, columns: 4, fixed: (255, .max)))
    return shapes
  }

  @Test(arguments: byteKernelSets.indices) func multiplies(set: Int) {
    for (seed, shape) in Self.shapes.enumerated() { check(byteKernelSets[set], shape, UInt64(seed)) }
  }

  private func check(_ kernels: any ByteKernels.Type, _ shape: Shape, _ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let (rows, inner, columns) = (shape.rows, shape.inner, shape.columns)
    let stride = inner + shape.gap, outputStride = columns + shape.gap
    let input = ByteBuffer(random: rows * stride - shape.gap, &random)
    // In the order [inner][columns], as in recurrent operators.
    var weights = (0..<inner * columns).map { _ in
      Int8(Int(Int8(truncatingIfNeeded: random.next() >> 32)) * shape.greatestWeight / 128)
    }
    if let (number, weight) = shape.fixed {
      for index in 0..<input.count { input.base[index] = number }
      weights = weights.map { _ in weight }
    }
    let width = kernels.panelWidth, count = (columns + width - 1) / width * width
    let scales = AlignedBytes(4 * count), sums = AlignedBytes(4 * count), points = AlignedBytes(4 * count)
    for column in 0..<columns {
      scales.bound(to: Float.self)[column] = Float(1 + random.next() % 1000) / 70_000
      points.bound(to: Int32.self)[column] = Int32(random.next() % 256) - 128
      for row in 0..<inner { sums.bound(to: Int32.self)[column] &+= Int32(weights[row * columns + column]) }
    }
    func point(_ column: Int) -> Int { shape.hasZeroPoints ? Int(points.bound(to: Int32.self)[column]) : 0 }
    let ofRows = (0..<rows).map { row in
      let zero = shape.fixed == nil ? Int32(random.next() % 256) : 0
      let sum = (0..<inner).reduce(Int32(0)) { $0 + Int32(input.base[row * stride + $1]) - zero }
      return ByteRow(scale: Float(1 + random.next() % 1000) / 900, zeroPoint: zero, sum: sum)
    }
    let bias = Buffer(random: columns, seed: seed, bound: 4)
    let output = Buffer(random: rows * outputStride - shape.gap, seed: seed + 1, bound: 4)
    var expected = output.values
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0
        for index in 0..<inner {
          let a = Int(input.base[row * stride + index]) - Int(ofRows[row].zeroPoint)
          sum += a * (Int(weights[index * columns + column]) - point(column))
        }
        var y = Float(sum) * (ofRows[row].scale * scales.bound(to: Float.self)[column])
        if shape.hasBias { y += bias.values[column] }
        if shape.adds { y += expected[row * outputStride + column] }
        expected[row * outputStride + column] = y
      }
    }
    let packed = AlignedBytes(kernels.packedByteCount(taps: 1, channels: inner, columns: columns))
    weights.withUnsafeBufferPointer { weights in
      kernels.pack(
        BytePackArguments(
          source: weights.baseAddress!, taps: 1, channels: inner, tapStride: 0, channelStride: columns, columnStride: 1,
          columns: columns, packed: packed.bound(to: Int8.self)))
    }
    ofRows.withUnsafeBufferPointer { ofRows in
      kernels.multiply(
        ByteProductArguments(
          input: input.base, inputStride: stride, inner: inner, rows: ofRows.baseAddress!, rowCount: rows,
          weights: packed.bound(to: Int8.self),
          columns: ByteColumns(
            scales: scales.bound(to: Float.self), sums: sums.bound(to: Int32.self),
            zeroPoints: shape.hasZeroPoints ? UnsafePointer(points.bound(to: Int32.self)) : nil),
          columnCount: columns, bias: shape.hasBias ? UnsafePointer(bias.base) : nil, output: output.base,
          outputStride: outputStride, adds: shape.adds))
    }
    #expect(output.values == expected, "\(kernels.name), \(shape)")
    #expect(output.isIntact && input.isIntact)
  }

  /// The bounds include 0, and ignore NaN.
  @Test(arguments: byteKernelSets.indices) func bounds(set: Int) {
    let kernels = byteKernelSets[set]
    for count in 0...70 {
      for (low, high) in [(-3, 2), (1, 2), (-2, -1)] as [(Float, Float)] {
        var random = SplitMix64(seed: UInt64(count))
        var numbers = (0..<count).map { _ in low + (high - low) * Float(random.next() % 1000) / 1000 }
        for index in stride(from: 2, to: count, by: 5) { numbers[index] = index % 2 == 0 ? .nan : numbers[index] }
        let buffer = Buffer(numbers)
        let bounds = kernels.bounds(of: buffer.base, count: count)
        let real = numbers.filter { !$0.isNaN } + [0]
        #expect(bounds.least == real.min()! && bounds.greatest == real.max()!, "\(kernels.name), \(numbers)")
      }
    }
    let infinite = Buffer([-.infinity, 1, .infinity])
    #expect(kernels.bounds(of: infinite.base, count: 3) == (-.infinity, .infinity))
  }
}
