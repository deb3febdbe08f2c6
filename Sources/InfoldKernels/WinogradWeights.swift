public import InfoldKernelInterface

extension Kernels {
  public static func winogradPackedCount(tile: Int, channels: Int, outputChannels: Int) -> Int {
    (tile + 2) * (tile + 2) * packedCount(rows: channels, columns: outputChannels)
  }

  /// For each position in a tile, row by row, a packed matrix of channels × output channels.
  @inline(never)
  public static func packWinograd(_ arguments: WinogradPackArguments) -> Bool {
    // Even the largest inputs that the check lets pass, summed over all channels and transformed back, stay finite with these.
    let bound: Float = 0x1p26
    var areModerate = true
    let (tile, channels) = (arguments.tile, arguments.channels)
    let matrix = packedCount(rows: channels, columns: arguments.outputChannels)
    var factors = InlineArray<8, (Double, Double, Double)>(repeating: (0, 0, 0))
    for position in 0..<(tile + 2) {
      factors[position] = WinogradTransform.weightFactors(tile: tile, position: position)
    }
    for column in 0..<(panelCount(columns: arguments.outputChannels) * panelWidth) {
      for channel in 0..<channels {
        let place = column / panelWidth * panelWidth * channels + channel * panelWidth + column % panelWidth
        var target = arguments.packed + place
        let isFilled = column < arguments.outputChannels
        let weights = arguments.source + (isFilled ? (column * channels + channel) * 9 : 0)
        @inline(__always)
        func weight(_ y: Int, _ x: Int) -> Double { isFilled ? Double(weights[3 * y + x]) : 0 }
        for row in 0..<(tile + 2) {
          let (a, b, c) = factors[row]
          let left = a * weight(0, 0) + b * weight(1, 0) + c * weight(2, 0)
          let middle = a * weight(0, 1) + b * weight(1, 1) + c * weight(2, 1)
          let right = a * weight(0, 2) + b * weight(1, 2) + c * weight(2, 2)
          for position in 0..<(tile + 2) {
            let (a, b, c) = factors[position]
            let transformed = Float(a * left + b * middle + c * right)
            if !(abs(transformed) < bound) { areModerate = false }
            target.pointee = transformed
            target += matrix
          }
        }
      }
    }
    return areModerate
  }
}
