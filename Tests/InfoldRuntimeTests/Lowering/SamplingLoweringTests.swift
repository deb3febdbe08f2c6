import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Regions and convolutions that interpolate between elements, and convolutions whose weights are computed at run time.
@Suite struct SamplingLoweringTests {
  @Test(arguments: ["avg", "max"], ["half_pixel", "output_half_pixel"]) func regions(mode: String, form: String) throws
  {
    for (shape, count, ratio) in [
      ([2, 3, 7, 9], 5, 2), ([1, 1, 1, 1], 1, 0), ([3, 20, 4, 2], 3, 0), ([1, 2, 2, 5], 2, 1), ([2, 70, 5, 6], 4, 2),
    ] {
      for layout in OperandLayout.allCases {
        var random = SplitMix64(seed: 4)
        var network = NetworkBuilder(opset: 16)
        let x = try network.operand(shape, layout)
        let rois = network.input([.fixed(count), 4], "rois"),
          batches = network.input([.fixed(count)], "batches", of: .int64)
        let y = try network.node(
          "RoiAlign", [x, rois, batches],
          [
            "mode": .string(Array(mode.utf8)), "coordinate_transformation_mode": .string(Array(form.utf8)),
            "output_height": .int(3), "output_width": .int(2), "sampling_ratio": .int(Int64(ratio)),
            "spatial_scale": .float(0.5),
          ])
        let tensors = [
          "x": try random.tensor(shape, in: -1...1), "rois": try random.tensor([count, 4], in: -3...20),
          "batches": try Tensor(shape: [count], (0..<count).map { Int64($0 % shape[0]) }),
        ]
        try expectAgreement(
          network.finished(y), tensors, Expectation(tolerance: 1e-5, precisions: [.exact]), "\(shape), \(layout)")
      }
    }
  }

  @Test func regionsAreLookedAt() throws {
    var network = NetworkBuilder(opset: 16)
    let x = network.input([2, 1, 4, 4]), rois = network.input([2, 4], "rois")
    let batches = network.input([2], "batches", of: .int64)
    let graph = try network.finished(try network.node("RoiAlign", [x, rois, batches]))
    for (edges, batch) in [(1, 2), (1, -1), (1e30, 0), (.nan, 0)] as [(Float, Int64)] {
      let inputs = [
        "x": try Tensor(zeros: [2, 1, 4, 4], of: .float32),
        "rois": try Tensor(shape: [2, 4], [0, 0, 1, 1, 0, 0, edges, 1] as [Float]),
        "batches": try .list(0, batch),
      ]
      var messages: [String] = []
      for optimize in [true, false] {
        let session = try Session(graph.model, options: SessionOptions(threads: 2, optimize: optimize))
        do {
          _ = try session.run(inputs)
          Issue.record("\(edges), \(batch) was not refused")
        } catch {
          messages.append(error.description)
        }
      }
      #expect(messages.count == 2 && messages[0] == messages[1], "\(messages)")
    }
  }

  @Test(arguments: 0..<24) func deformableConvolutions(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let group = random.pick([1, 1, 2, 3]), offsetGroup = random.pick([1, 1, 2, 3])
    let channels = 6 * random.int(1...4), filters = group * random.int(1...20)
    let kernel = (0..<2).map { _ in random.int(1...3) }, strides = (0..<2).map { _ in random.int(1...2) }
    let dilations = (0..<2).map { _ in random.int(1...2) }, pads = (0..<4).map { _ in random.int(0...2) }
    let sizes = (0..<2).map { axis -> Int in
      let least = (kernel[axis] - 1) * dilations[axis] + 1 - pads[axis] - pads[axis + 2]
      return random.int(max(1, least)...11)
    }
    let images = random.int(1...2)
    let outputs = (0..<2).map { axis -> Int in
      let room = sizes[axis] + pads[axis] + pads[axis + 2] - (kernel[axis] - 1) * dilations[axis] - 1
      return room / strides[axis] + 1
    }
    let places = offsetGroup * kernel[0] * kernel[1]
    for layout in OperandLayout.allCases {
      var network = NetworkBuilder(opset: 19, seed: seed)
      let x = try network.operand([images, channels] + sizes, layout)
      let offsets = network.input(Shape([images, 2 * places] + outputs), "offsets")
      let mask = seed % 2 == 0 ? network.input(Shape([images, places] + outputs), "mask") : nil
      let bias = seed % 3 == 0 ? try network.weights([filters]) : nil
      let convolved = try network.node(
        "DeformConv", [x, try network.weights([filters, channels / group] + kernel), offsets, bias, mask],
        [
          "group": .int(Int64(group)), "offset_group": .int(Int64(offsetGroup)),
          "strides": .ints(strides.map { Int64($0) }),
          "dilations": .ints(dilations.map { Int64($0) }), "pads": .ints(pads.map { Int64($0) }),
        ])
      let addend = network.input(Shape([images, filters] + outputs), "addend")
      let y =
        seed % 4 == 0
        ? try network.node("Relu", [try network.node("Add", [convolved, addend])])
        : try network.node("Add", [try network.node("Relu", [convolved]), addend])
      let graph = try network.finished(y, try network.consumed(y, rank: 4))
      var tensors: [String: Tensor] = [:]
      for id in graph.inputs {
        let reach: Float = graph[id].name == "offsets" ? 3 : 1
        tensors[graph[id].name] = try random.tensor(graph[id].type!.shape!.sizes!, in: -reach...reach)
      }
      try expectAgreement(graph, tensors, Expectation(tolerance: 5e-5), "\(sizes), \(kernel), \(layout)")
    }
  }

  @Test(arguments: 0..<120) func convolutionsWithComputedWeights(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    // In some of them, every channel, or a small group of channels, is convolved separately.
    let isDepthwise = seed % 4 == 1, hasSmallGroups = seed % 4 == 2
    let rank = Int(seed) % 3 + 1
    let group = isDepthwise || hasSmallGroups ? random.int(1...70) : random.pick([1, 1, 2, 5])
    let channels = isDepthwise ? group : group * random.int(1...(hasSmallGroups ? 4 : 9))
    let filters = isDepthwise ? group : group * random.int(1...(hasSmallGroups ? 4 : 40))
    let kernel = (0..<rank).map { _ in random.int(1...(rank == 3 ? 3 : isDepthwise ? 9 : 4)) },
      strides = (0..<rank).map { _ in random.int(1...2) }
    let dilations = (0..<rank).map { axis in kernel[axis] > 5 ? 1 : random.int(1...2) }
    let pads = (0..<2 * rank).map { random.int(0...kernel[$0 % rank]) }
    let sizes = (0..<rank).map { axis -> Int in
      let least = (kernel[axis] - 1) * dilations[axis] + 1 - pads[axis] - pads[axis + rank]
      return random.int(max(1, least)...max(1, least, random.pick([1, 2, rank == 3 ? 5 : 12])))
    }
    for layout in OperandLayout.allCases {
      for isFinite in [true, false] {
        var network = NetworkBuilder(opset: 11, seed: seed)
        let x = try network.operand([2, channels] + sizes, layout)
        let weights = network.input(Shape([filters, channels / group] + kernel), "w")
        let bias = seed % 2 == 0 ? network.input([.fixed(filters)], "b") : nil
        let convolved = try network.node(
          "Conv", [x, weights, bias],
          [
            "group": .int(Int64(group)), "strides": .ints(strides.map { Int64($0) }),
            "dilations": .ints(dilations.map { Int64($0) }), "pads": .ints(pads.map { Int64($0) }),
          ])
        let y = try network.node("Relu", [convolved])
        let graph = try network.finished(y, try network.consumed(y, rank: rank + 2))
        var tensors: [String: Tensor] = [:]
        for id in graph.inputs {
          var numbers = try random.tensor(graph[id].type!.shape!.sizes!, in: -1...1).elements(as: Float.self)
          // Elements that meet padding must not become NaN.
          if !isFinite, id == weights {
            numbers[0] = .infinity
            numbers[numbers.count - 1] = .nan
          }
          tensors[graph[id].name] = try Tensor(shape: graph[id].type!.shape!.sizes!, numbers)
        }
        try expectAgreement(graph, tensors, Expectation(tolerance: 2e-5), "\(sizes), \(kernel), \(layout), \(isFinite)")
      }
    }
  }
}
