import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport

extension AxisUses {
  /// Functions of each element, and of corresponding elements of several inputs.
  mutating func addElementWise() throws {
    for type in OperatorRegistry.standard.ownOperators {
      let newest = OperatorRegistry.newestOpset
      if type is any UnaryOperator.Type || type is any NumericUnaryOperator.Type
        || ["IsNaN", "IsInf"].contains(type.name)
      {
        add(type.name, newest, [:], [try floats(batch, 3, 2)])
      } else if let binary = type as? any BinaryOperator.Type {
        let isLogical = binary.elementTypes == .bool
        let attributes: AttributeList =
          switch type.name {
          case "Mod": ["fmod": .int(1)]
          case "BitShift": ["direction": .text("RIGHT")]
          default: [:]
          }
        for (a, b) in [
          ([batch, 3, 2], [batch, 3, 2]), ([batch, 3, 2], [3, 1]), ([batch, 1, 2], [1, 3, 2]), ([2], [batch, 1]),
        ] {
          // PRelu's slopes do not enlarge the shape.
          if type.name == "PRelu", b.count >= a.count, a != b { continue }
          let inputs = try [floats(a, in: 0.5...1.5), floats(b, in: 0.5...1.5)]
          let elementType: ElementType =
            isLogical ? .bool : binary.elementTypes == .integers ? .int64 : .float32
          add(type.name, newest, attributes, try inputs.map { try $0.cast(to: elementType) })
        }
      } else if type is any VariadicOperator.Type {
        add(type.name, newest, [:], [try floats(batch, 3, 2), try floats(3, 1), try floats(batch, 1, 2)])
        add(type.name, 6, [:], [try floats(batch, 3), try floats(batch, 3)])
      }
    }
    for name in ["Add", "Sub", "Mul", "Div", "Pow"] {
      let attributes: AttributeList = ["broadcast": .int(1), "axis": .int(1)]
      add(name, 6, attributes, [try floats(batch, 3, 2), try floats([3], in: 0.5...1)])
      add(
        name, 6, ["broadcast": .int(1), "axis": .int(0)], [try floats(batch, 3, 2), try floats([batch], in: 0.5...1)])
      add(name, 6, ["broadcast": .int(1)], [try floats(batch, 3, 2), try floats([3, 2], in: 0.5...1)])
      add(name, 6, [:], [try floats(batch, 3), try floats([batch, 3], in: 0.5...1)])
    }
    add("PRelu", 6, [:], [try floats(batch, 3, 2), try floats(3)])
    let x = try floats(batch, 3, 2)
    add("Cast", 13, ["to": .int(7)], [try floats([batch, 3], in: -9...9)])
    add("CastLike", 19, [:], [x, try integers(1)])
    add("Clip", 13, [:], [x, try Tensor(scalar: Float(-0.5)), nil])
    add("Not", 1, [:], [try integers(batch, 3, of: .bool)])
    add("Identity", 13, [:], [x])
    add("Dropout", 13, [:], [x], outputs: 2)
    add("Where", 16, [:], [try integers(batch, 1, of: .bool), try floats(batch, 3), try floats(3)])
    add("ByteTable", 1, [:], [try integers(batch, 3, of: .uint8), try integers(256, of: .int8)])
    add("InverseDeviation", 1, ["to": .int(1)], [try floats([batch, 3], in: 0...2)])
  }

  /// Matrix products.
  mutating func addProducts() throws {
    for (transA, transB) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
      let a = try transA == 1 ? floats(4, batch) : floats(batch, 4), b = try transB == 1 ? floats(3, 4) : floats(4, 3)
      let attributes: AttributeList = [
        "transA": .int(Int64(transA)), "transB": .int(Int64(transB)), "alpha": .float(2),
      ]
      for addend in try [nil, floats(3), floats(batch, 1), floats(batch, 3), floats(1, 3), floats()] {
        add("Gemm", 13, attributes, addend.map { [a, b, $0] } ?? [a, b])
      }
    }
    add("MatMul", 13, [:], [try floats(batch, 4), try floats(4, 3)])
    add("MatMul", 13, [:], [try floats(batch, 4), try floats(4)])
    add("MatMul", 13, [:], [try floats(batch, 2, 3, 4), try floats(2, 4, 3)])
    add("MatMul", 13, [:], [try floats(3, 4), try floats(batch, 4, 2)])
    add("MatMul", 13, [:], [try floats(batch, 3, 4), try floats(batch, 4, 2)])
    add("MatMul", 13, [:], [try floats(4), try floats(batch, 4, 2)], isMixing: true)
    let query = try floats(batch, 2, 3, 4), value = try floats(batch, 2, 5, 3)
    for mask in try [nil, floats(batch, 1, 1, 5), floats(2, 3, 5), floats(3, 5), floats(5)] {
      add("DotProductAttention", 1, ["scale": .float(0.5)], [query, try floats(batch, 2, 4, 5), value, mask])
    }
    add(
      "DotProductAttention", 1,
      [
        "query_axes": .list(0, 2, 1, 3), "key_axes": .list(0, 2, 3, 1), "value_axes": .list(1, 0, 2, 3),
        "result_axes": .list(0, 2, 1, 3),
      ],
      [try floats(batch, 3, 2, 4), try floats(batch, 5, 2, 4), try floats(2, batch, 5, 3), try floats(2, 1, 5)])
    add("DotProductAttention", 1, [:], [try floats(batch, 4), try floats(4, 5), try floats(5, 2)])
    add("DotProductAttention", 1, [:], [query, try floats(batch, 1, 4, 5), try floats(1, 2, 5, 3)])
    let turned = try floats(batch, 2, 3, 4)
    add("RotaryEmbedding", 23, [:], [turned, try floats(batch, 3, 2), try floats(batch, 3, 2)])
    let places = try Tensor(zeros: [batch, 3], of: .int64)
    add("RotaryEmbedding", 23, [:], [turned, try floats(5, 2), try floats(5, 2), places])
  }

  /// What looks through windows.
  mutating func addWindows() throws {
    let x = try floats(batch, 4, 5, 3)
    add("Conv", 11, ["pads": .list(1, 1, 1, 1)], [x, try floats(2, 4, 3, 3), try floats(2)])
    add("Conv", 11, ["group": .int(2)], [x, try floats(2, 2, 3, 3)])
    add("ConvTranspose", 11, ["strides": .list(2, 2)], [x, try floats(4, 3, 2, 2), try floats(3)])
    add("ConvInteger", 10, [:], [try integers(batch, 2, 4, 4, of: .uint8), try integers(3, 2, 2, 2, of: .int8)])
    add(
      "DeformConv", 19, [:],
      [
        try floats(batch, 2, 3, 3), try floats(2, 2, 2, 2), try floats(batch, 8, 2, 2), try floats(2),
        try floats(batch, 4, 2, 2),
      ])
    add("MaxPool", 12, ["kernel_shape": .list(2, 2)], [x], outputs: 2)
    add("AveragePool", 11, ["kernel_shape": .list(2, 2), "pads": .list(1, 0, 1, 0)], [x])
    add("LpPool", 11, ["kernel_shape": .list(2, 2)], [x])
    for name in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] { add(name, 13, [:], [x]) }
    add("GridSample", 16, [:], [x, try floats(batch, 2, 4, 2)])
  }

  /// Normalizations, and Softmax.
  mutating func addNormalizations() throws {
    let x = try floats(batch, 4, 3, 2)
    let parameters = try (0..<4).map { _ in try floats([4], in: 0.5...1.5) }
    add("BatchNormalization", 13, [:], [x] + parameters)
    add("BatchNormalization", 13, [:], [try floats(batch)] + (try (0..<4).map { _ in try floats([1], in: 0.5...1) }))
    let whole = try (0..<4).map { _ in try floats([4, 3], in: 0.5...1.5) }
    add("BatchNormalization", 7, ["spatial": .int(0)], [try floats(batch, 4, 3)] + whole)
    add("BatchNormalization", 15, ["training_mode": .int(1)], [x] + parameters, outputs: 3, isMixing: true)
    add("InstanceNormalization", 6, [:], [x, parameters[0], parameters[1]])
    add("GroupNormalization", 21, ["num_groups": .int(2)], [x, parameters[0], parameters[1]])
    add("GroupNormalization", 18, ["num_groups": .int(2)], [x, try floats(2), try floats(2)])
    for shape in [[3, 2], [2], [4, 1, 2], [1, 1, 3, 2], [batch, 4, 3, 2]] {
      let scale = try floats(shape, in: 0.5...1.5)
      add("LayerNormalization", 17, ["axis": .int(2)], [x, scale, scale], outputs: 3)
      add("RMSNormalization", 23, ["axis": .int(2)], [x, scale])
    }
    add("LayerNormalization", 17, ["axis": .int(0)], [x, try floats(2)], isMixing: true)
    add("MeanVarianceNormalization", 13, ["axes": .list(1, 3)], [x])
    add("MeanVarianceNormalization", 13, [:], [x])
    add("LpNormalization", 1, ["axis": .int(1)], [x])
    add("LRN", 13, ["size": .int(3)], [x])
    for name in ["Softmax", "LogSoftmax", "Hardmax"] {
      for opset in [11, 13] {
        add(name, opset, ["axis": .int(1)], [x])
        add(name, opset, ["axis": .int(-1)], [x])
      }
      add(name, 11, ["axis": .int(0)], [x], isMixing: true)
      add(name, 13, ["axis": .int(0)], [x])
      add(name, 11, [:], [try floats(batch)], isMixing: true)
    }
    for shape in [[batch, 4, 3], [batch, 4], [batch, 1, 3]] {
      let lists = try (0..<4).map { _ in try floats([shape[1]], in: 0.5...1.5) }
      let x = try floats(shape, in: -1...1)
      add("ScaleShift", 1, [:], [x, lists[0], lists[1]])
      add("ChannelNormalization", 1, [:], [x] + lists)
    }
    let elements = try (0..<4).map { _ in try floats([6], in: 0.5...1.5) }
    add("ScaleShift", 1, [:], [try floats(batch, 2, 3), elements[0], elements[1]])
    add("ChannelNormalization", 1, [:], [try floats(batch, 2, 3)] + elements)
  }

  /// Reductions of several elements to one.
  mutating func addReductions() throws {
    let x = try floats([batch, 4, 3], in: 0.5...1.5)
    for type in OperatorRegistry.standard.ownOperators {
      if let reduction = type as? any ReductionOperator.Type {
        for keeps in [0, 1] {
          let attributes: AttributeList = ["keepdims": .int(Int64(keeps))]
          var withAxes = attributes
          withAxes["axes"] = .list(1)
          add(type.name, 11, withAxes, [x])
          add(type.name, reduction.axesAreInputSince, attributes, [x, try list(0, -1)])
          add(type.name, 11, attributes, [x], isMixing: true)
        }
      } else if type is any ExtremumIndexOperator.Type {
        for keeps in [0, 1] { add(type.name, 13, ["axis": .int(1), "keepdims": .int(Int64(keeps))], [x]) }
      }
    }
    add("TopK", 11, ["axis": .int(1)], [x, try list(2)], outputs: 2)
    add("CumSum", 14, [:], [x, try Tensor(scalar: Int64(1))])
  }

  /// Quantized numbers.
  mutating func addQuantization() throws {
    let x = try floats(batch, 4, 6)
    let scales = try floats([4], in: 0.02...0.05), zeroPoints = try integers(4, of: .uint8)
    let scale = try floats([], in: 0.02...0.05), zeroPoint = try integers(of: .uint8)
    let bytes = try integers(batch, 4, 6, of: .uint8)
    for (name, data) in [("QuantizeLinear", x), ("DequantizeLinear", bytes)] {
      add(name, 13, [:], [data, scale, zeroPoint])
      add(name, 13, ["axis": .int(1)], [data, scales, zeroPoints])
      add(name, 13, ["axis": .int(-2)], [data, scales])
      let blocks = try floats([batch, 4, 2], in: 0.02...0.05)
      add(name, 21, ["axis": .int(2), "block_size": .int(3)], [data, blocks, try integers(batch, 4, 2, of: .uint8)])
    }
    let weightScales = try floats([3], in: 0.02...0.05), weightZeros = try integers(3, of: .int8)
    add(
      "QLinearConv", 10, [:],
      [
        bytes, scale, zeroPoint, try integers(3, 4, 2, of: .int8), weightScales, weightZeros, scale, zeroPoint,
        try integers(3, of: .int32),
      ])
    add(
      "QLinearGemm", 1, [:],
      [
        try integers(batch, 4, of: .uint8), scale, zeroPoint, try integers(3, 4, of: .int8), weightScales, weightZeros,
        scale, zeroPoint, try integers(3, of: .int32),
      ])
    for shape in [[batch, 4, 6], [1, 4, 6], [6]] {
      let other = try floats(shape, in: 0...5).cast(to: .uint8)
      add("QLinearAdd", 1, [:], [bytes, scale, zeroPoint, other, scale, zeroPoint, scale, zeroPoint])
    }
  }

  /// What runs over sequences.
  mutating func addRecurrent() throws {
    for (name, gates, states) in [("LSTM", 4, 2), ("GRU", 3, 1), ("RNN", 1, 1)] {
      for layout in [0, 1] {
        let x = try layout == 1 ? floats(batch, 4, 2) : floats(4, batch, 2)
        let lengths = try Tensor(shape: [batch], (0..<batch).map { Int32(4 - $0) })
        let initial = try (0..<states).map { _ in try layout == 1 ? floats(batch, 1, 3) : floats(1, batch, 3) }
        add(
          name, 14, ["hidden_size": .int(3), "layout": .int(Int64(layout))],
          [x, try floats(1, gates * 3, 2), try floats(1, gates * 3, 3), try floats(1, gates * 6), lengths] + initial,
          outputs: states + 1)
      }
    }
  }

  /// Spectra, sums of blocks, and bitwise functions.
  mutating func addSignals() throws {
    add("DFT", 20, ["onesided": .int(1)], [try floats(batch, 6, 3, 1)])
    add("DFT", 20, [:], [try floats(batch, 6, 3, 2), nil, try Tensor(scalar: Int64(1))])
    add("DFT", 17, ["axis": .int(2), "inverse": .int(1)], [try floats(batch, 2, 5, 2), try Tensor(scalar: Int64(4))])
    add("DFT", 20, [:], [try floats(batch, 2), nil, try Tensor(scalar: Int64(0))], isMixing: true)
    add("STFT", 17, [:], [try floats(batch, 20, 1), try Tensor(scalar: Int64(3)), try floats(8)])
    add("Col2Im", 18, [:], [try floats(batch, 8, 6), try list(3, 4), try list(2, 2)])
    for name in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"] {
      add(name, 18, [:], [try integers(batch, 3, 4), try integers(3, 1)])
    }
    add("BitShift", 28, ["direction": .text("LEFT")], [try integers(batch, 3), try integers(batch, 1)])
    add("BitwiseNot", 18, [:], [try integers(batch, 3)])
  }
}
