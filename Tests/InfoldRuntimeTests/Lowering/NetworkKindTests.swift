import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Small networks of common kinds. Each step has a kernel.
@Suite struct NetworkKindTests {
  private func layerNormalization(_ network: inout NetworkBuilder, _ x: ValueID, _ size: Int) throws -> ValueID {
    let axes: AttributeList = ["axes": .ints([-1])]
    let difference = try network.node("Sub", [x, try network.node("ReduceMean", [x], axes)])
    let square = try network.node("Pow", [difference, network.constant(try Tensor(scalar: Float(2)))])
    let variance = try network.node("ReduceMean", [square], axes)
    let sum = try network.node("Add", [variance, network.constant(try Tensor(scalar: Float(1e-5)))])
    let normal = try network.node("Div", [difference, try network.node("Sqrt", [sum])])
    return try network.node(
      "Add", [try network.node("Mul", [normal, try network.weights([size])]), try network.weights([size])])
  }

  /// Patches, a class token, and attention with two heads.
  @Test func visionTransformer() throws {
    var network = NetworkBuilder()
    let image = network.input([2, 3, 16, 24])
    let patches = try network.node(
      "Conv", [image, try network.weights([16, 3, 8, 8], in: -0.1...0.1)], ["strides": .ints([8, 8])])
    let flat = try network.node("Reshape", [patches, network.constant(try .list(2, 16, -1))])
    let rows = try network.node("Transpose", [flat], ["perm": .ints([0, 2, 1])])
    let token = try network.node("Expand", [try network.weights([1, 1, 16]), network.constant(try .list(2, 1, 16))])
    let tokens = try network.node("Concat", [token, rows], ["axis": .int(1)])
    let x = try network.node("Add", [tokens, try network.weights([1, 7, 16])])
    let normal = try layerNormalization(&network, x, 16)
    let joint = try network.node("MatMul", [normal, try network.weights([16, 48], in: -0.3...0.3)])
    let split = try network.node("Reshape", [joint, network.constant(try .list(2, 7, 3, 2, 8))])
    let heads = try network.node("Transpose", [split], ["perm": .ints([2, 0, 3, 1, 4])])
    let parts = try (0..<3).map { index in
      try network.node("Gather", [heads, network.constant(try Tensor(scalar: Int64(index)))], ["axis": .int(0)])
    }
    let keys = try network.node("Transpose", [parts[1]], ["perm": .ints([0, 1, 3, 2])])
    let scores = try network.node(
      "Mul", [try network.node("MatMul", [parts[0], keys]), network.constant(try Tensor(scalar: Float(0.35)))])
    let shares = try network.node("Softmax", [scores], ["axis": .int(-1)])
    let values = try network.node(
      "Transpose", [try network.node("MatMul", [shares, parts[2]])], ["perm": .ints([0, 2, 1, 3])])
    let merged = try network.node("Reshape", [values, network.constant(try .list(2, 7, 16))])
    let y = try network.node("Add", [x, try network.node("MatMul", [merged, try network.weights([16, 16])])])
    let first = try network.node(
      "Gather", [y, network.constant(try Tensor(scalar: Int64(0)))], ["axis": .int(1)])
    try expectKernels(network.finished(first), tolerance: 1e-5)
  }

  /// Space-to-depth by slices, a split into two branches, and a head that reorders its predictions.
  @Test func detector() throws {
    var network = NetworkBuilder()
    let image = network.input([1, 3, 16, 24])
    var corners: [ValueID] = []
    for (y, x) in [(0, 0), (1, 0), (0, 1), (1, 1)] as [(Int64, Int64)] {
      let bounds = [try Tensor.list(y, x), try .list(1 << 40, 1 << 40), try .list(2, 3), try .list(2, 2)]
      corners.append(try network.node("Slice", [image] + bounds.map { network.constant($0) }))
    }
    let focus = try network.node("Concat", corners, ["axis": .int(1)])
    let stem = try network.node(
      "Conv", [focus, try network.weights([16, 12, 3, 3], in: -0.2...0.2)], ["pads": .ints([1, 1, 1, 1])])
    let gate = try network.node("Mul", [stem, try network.node("Sigmoid", [stem])])
    let left = try network.node("Split", [gate], ["axis": .int(1)], outputs: 2)
    let right = network.graph.valueIDs.first { $0.index == left.index + 1 }!
    let more = try network.node("Conv", [right, try network.weights([8, 8, 1, 1])])
    let joined = try network.node("Concat", [left, right, more], ["axis": .int(1)])
    let head = try network.node("Conv", [joined, try network.weights([14, 24, 1, 1])])
    let anchors = try network.node("Reshape", [head, network.constant(try .list(1, 2, 7, 8, 12))])
    let last = try network.node("Transpose", [anchors], ["perm": .ints([0, 1, 3, 4, 2])])
    let y = try network.node("Sigmoid", [last])
    let sizes = try network.node(
      "Slice",
      [y] + [try Tensor.list(2), try .list(4), try .list(4)].map { network.constant($0) })
    try expectKernels(
      network.finished(
        try network.node("Pow", [sizes, network.constant(try Tensor(scalar: Float(2)))]),
        try network.node("Reshape", [y, network.constant(try .list(1, -1, 7))])), tolerance: 1e-5)
  }

  /// Reflection padding, instance normalization, and depth-to-space upsampling.
  @Test func styleTransferAndSuperResolution() throws {
    var network = NetworkBuilder()
    let image = network.input([1, 3, 10, 12])
    let padded = try network.node(
      "Pad", [image, network.constant(try .list(0, 0, 4, 4, 0, 0, 4, 4))], ["mode": .string(Array("reflect".utf8))])
    let features = try network.node("Conv", [padded, try network.weights([8, 3, 9, 9], in: -0.2...0.2)])
    let normal = try network.node(
      "InstanceNormalization", [features, try network.weights([8]), try network.weights([8])])
    let active = try network.node("PRelu", [normal, try network.weights([8, 1, 1])])
    let deep = try network.node(
      "Conv", [active, try network.weights([12, 8, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
    let large = try network.node("DepthToSpace", [deep], ["blocksize": .int(2)])
    let up = try network.node(
      "ConvTranspose", [active, try network.weights([8, 3, 2, 2])], ["strides": .ints([2, 2])])
    try expectKernels(network.finished(try network.node("Add", [large, up])), tolerance: 1e-5)
  }

  /// One dimension: convolution, pools, transposed convolution, and a norm over the channels.
  @Test func signals() throws {
    var network = NetworkBuilder()
    let signal = network.input([2, 4, 50])
    let first = try network.node(
      "Relu",
      [
        try network.node(
          "Conv", [signal, try network.weights([16, 4, 5]), try network.weights([16])],
          ["pads": .ints([2, 2]), "strides": .ints([2])])
      ])
    let depthwise = try network.node(
      "Conv", [first, try network.weights([16, 1, 3])], ["group": .int(16), "pads": .ints([1, 1])])
    let pooled = try network.node("MaxPool", [depthwise], ["kernel_shape": .ints([2]), "strides": .ints([2])])
    let rows = try network.node("Transpose", [pooled], ["perm": .ints([0, 2, 1])])
    let normal = try layerNormalization(&network, rows, 16)
    let back = try network.node("Transpose", [normal], ["perm": .ints([0, 2, 1])])
    let up = try network.node("ConvTranspose", [back, try network.weights([16, 6, 4])], ["strides": .ints([2])])
    let mean = try network.node("GlobalAveragePool", [up])
    try expectKernels(network.finished(up, mean), tolerance: 1e-5)
  }
}
