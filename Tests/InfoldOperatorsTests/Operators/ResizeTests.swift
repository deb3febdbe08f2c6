import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ResizeTests {
  private func text(_ value: String) -> Attribute { .string(Array(value.utf8)) }

  private func attributes(_ values: [String: String], _ more: AttributeList = [:]) -> AttributeList {
    var attributes = more
    for (name, value) in values { attributes[name] = text(value) }
    return attributes
  }

  /// Resizes one axis to the given size.
  private func resize(
    _ elements: [Float], to size: Int64, _ values: [String: String], _ more: AttributeList = [:], opset: Int = 19,
    roi: [Float]? = nil
  ) throws -> [Float]? {
    try evaluate(
      "Resize", opset: opset, attributes: attributes(values, more),
      [
        Tensor(shape: [elements.count], elements), roi.map { try Tensor(shape: [$0.count], $0) }, nil,
        .list(size),
      ])[0]?.elements()
  }

  private func scale(
    _ elements: [Float], by scale: Float, _ values: [String: String], _ more: AttributeList = [:], opset: Int = 19
  ) throws -> [Float]? {
    try evaluate(
      "Resize", opset: opset, attributes: attributes(values, more),
      [Tensor(shape: [elements.count], elements), nil, Tensor(shape: [1], [scale])])[0]?.elements()
  }

  @Test func hasScalesAloneInOpset10() throws {
    func resize(_ scale: Float, _ mode: String) throws -> [Float]? {
      try evaluate(
        "Resize", opset: 10, attributes: ["mode": text(mode)],
        [.counting([4]), Tensor(shape: [1], [scale])])[0]?.elements()
    }
    #expect(try resize(2, "nearest") == [0, 0, 1, 1, 2, 2, 3, 3])
    #expect(try resize(0.75, "nearest") == [0, 2, 3])
    #expect(try resize(1.5, "linear") == [0, 0.6666667, 1.3333334, 2, 2.6666667, 3])
  }

  @Test func takesEmptyListsInOpset11() throws {
    let empty = try Tensor(shape: [0], [Float]())
    let sizes = try evaluate("Resize", opset: 11, [.counting([2]), empty, empty, .list(4)])
    #expect(try sizes[0]?.elements(as: Float.self) == [0, 0, 1, 1])
    let scales = try evaluate("Resize", opset: 11, [.counting([2]), empty, Tensor(shape: [1], [2 as Float])])
    #expect(try scales[0]?.elements(as: Float.self) == [0, 0, 1, 1])
  }

  @Test(
    arguments: [
      ("round_prefer_floor", [0, 1, 1, 2]), ("round_prefer_ceil", [0, 1, 2, 2]), ("floor", [0, 0, 1, 2]),
      ("ceil", [0, 1, 2, 2]),
    ] as [(String, [Float])]) func takesTheNearest(mode: String, expected: [Float]) throws
  {
    // Positions 0, 2/3, 4/3, 2 and, with a tie, 0, 0.75, 1.5, 2.25.
    let y = try resize(
      [0, 1, 2], to: 4, ["nearest_mode": mode, "coordinate_transformation_mode": "align_corners"], opset: 13)
    #expect(y == (mode == "round_prefer_ceil" ? [0, 1, 1, 2] : expected))
    let ties = try resize(
      [0, 1, 2], to: 4, ["nearest_mode": mode, "coordinate_transformation_mode": "asymmetric"], opset: 13)
    #expect(ties == (mode == "floor" ? [0, 0, 1, 2] : expected))
  }

  @Test(
    arguments: [
      ("half_pixel", 11, [0, 0.25, 0.75, 1]), ("pytorch_half_pixel", 13, [0, 0.25, 0.75, 1]),
      ("align_corners", 18, [0, 0.33333334, 0.6666667, 1]), ("asymmetric", 19, [0, 0.5, 1, 1]),
      ("half_pixel_symmetric", 19, [0, 0.25, 0.75, 1]), ("tf_half_pixel_for_nn", 11, [0.25, 0.75, 1, 1]),
    ] as [(String, Int, [Float])])
  func transformsCoordinates(transformation: String, opset: Int, expected: [Float]) throws {
    let y = try evaluate(
      "Resize", opset: opset,
      attributes: attributes(["mode": "linear", "coordinate_transformation_mode": transformation]),
      [.counting([2]), Tensor(shape: [0], [Float]()), Tensor(shape: [1], [2 as Float])])
    #expect(try y[0]?.elements(as: Float.self) == expected)
  }

  @Test func centersWhatDoesNotFitEvenly() throws {
    // 4 · 0.6 = 2.4, which gives a size of 2: positions 0.8333 and 2.1667 around the center of 1.5 instead of 0.3333 and 2.
    let y = try scale(
      [0, 1, 2, 3], by: 0.6, ["mode": "linear", "coordinate_transformation_mode": "half_pixel_symmetric"])
    #expect(y?.map { ($0 * 1000).rounded() } == [667, 2333])
  }

  @Test func showsOneElementOfOne() throws {
    let y = try resize([1, 5], to: 1, ["mode": "cubic", "coordinate_transformation_mode": "pytorch_half_pixel"])
    #expect(y == [1])
    let z = try resize([1, 5], to: 1, ["mode": "linear", "coordinate_transformation_mode": "align_corners"])
    #expect(z == [1])
  }

  @Test func cropsAndExtrapolates() throws {
    let values = ["mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize"]
    let y = try resize([0, 1, 2, 3, 4], to: 3, values, ["extrapolation_value": .float(9)], roi: [0.5, 1.5])
    #expect(y == [2, 4, 9])
    #expect(try resize([0, 1, 2, 3, 4], to: 1, values, roi: [0, 0.5]) == [1])
    let nearest = ["mode": "nearest", "coordinate_transformation_mode": "tf_crop_and_resize"]
    #expect(try resize([0, 1, 2], to: 3, nearest, ["extrapolation_value": .float(9)], roi: [-0.5, 0.5]) == [9, 0, 1])
  }

  @Test func interpolatesCubically() throws {
    // At a quarter of the distance to the next element, with a = −0.5, the weights are −9, 111, 29 and −3 of 128.
    let values = ["mode": "cubic", "coordinate_transformation_mode": "half_pixel"]
    let y = try resize([0, 0, 128, 0], to: 8, values, ["cubic_coeff_a": .float(-0.5)])
    #expect(y == [0, -3, -9, 29, 111, 111, 29, -9])
    let excluded = try resize(
      [128, 0], to: 4, values, ["cubic_coeff_a": .float(-0.5), "exclude_outside": .int(1)])
    #expect(excluded?[1] == Float(111 / 140.0 * 128))
  }

  @Test func smoothesWhereItShrinks() throws {
    let y = try scale([0, 0, 8, 0], by: 0.5, ["mode": "linear"], ["antialias": .int(1)], opset: 18)
    #expect(y == [1, 3])
    let plain = try scale([0, 0, 8, 0], by: 0.5, ["mode": "linear"], opset: 18)
    #expect(plain == [0, 4])
    let excluded = try scale(
      [0, 0, 8, 0], by: 0.5, ["mode": "linear"], ["antialias": .int(1), "exclude_outside": .int(1)], opset: 18)
    #expect(excluded?[1] == Float(3 / 7.0 * 8))
    #expect(try scale([0, 1], by: 2, ["mode": "linear"], ["antialias": .int(1)], opset: 18) == [0, 0.25, 0.75, 1])
  }

  /// 7 · 0.6 is 4.2, and 7 · 1.7 is 11.9: the corners are those of the actual 4 and 11 elements.
  @Test(arguments: [11, 13, 18, 19], ["align_corners", "tf_crop_and_resize"])
  func alignsTheCornersOfFractionalScales(opset: Int, transformation: String) throws {
    func scale(_ scale: Float, _ mode: String, _ more: [String: String] = [:]) throws -> [Float] {
      let values = more.merging(["mode": mode, "coordinate_transformation_mode": transformation]) { $1 }
      let y = try evaluate(
        "Resize", opset: opset, attributes: attributes(values),
        [.counting([7]), Tensor(shape: [2], [0, 1] as [Float]), Tensor(shape: [1], [scale])])
      return try #require(y[0]).elements()
    }
    for mode in ["linear", "cubic"] {
      #expect(try scale(0.6, mode) == [0, 2, 4, 6])
      let wide = try scale(1.7, mode)
      #expect(wide.count == 11)
      #expect(wide[0] == 0 && wide[5] == 3 && wide[10] == 6)
    }
    let wide = try scale(1.7, "linear")
    #expect(wide.indices.allSatisfy { abs(wide[$0] - Float($0) * 0.6) < 1e-6 }, "\(wide)")
    #expect(try scale(0.6, "nearest", ["nearest_mode": "floor"]) == [0, 2, 4, 6])
    #expect(try scale(1.7, "nearest", ["nearest_mode": "floor"]) == [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 6])
    #expect(try scale(0.2, "linear") == [transformation == "align_corners" ? 0 : 3])
  }

  /// An element with a weight of zero does not count, whatever its value.
  @Test func readsNothingWithoutWeight() throws {
    let infinite = [1, .infinity, 2, -.infinity, 3] as [Float]
    let aligned = try resize(infinite, to: 9, ["mode": "linear", "coordinate_transformation_mode": "align_corners"])
    #expect(
      aligned == [1, .infinity, .infinity, .infinity, 2, -.infinity, -.infinity, -.infinity, 3])
    let cubic = try resize(infinite, to: 9, ["mode": "cubic", "coordinate_transformation_mode": "align_corners"])
    #expect(cubic?[0] == 1 && cubic?[4] == 2 && cubic?[8] == 3)
    let half = try scale([.infinity, 1], by: 2, ["mode": "linear", "coordinate_transformation_mode": "half_pixel"])
    #expect(half == [.infinity, .infinity, .infinity, 1])
  }

  @Test func resizesChosenAxesAndKeepsTheAspectRatio() throws {
    func shape(_ policy: String, _ axes: [Int64], _ sizes: [Int64]) throws -> [Int]? {
      try evaluate(
        "Resize", opset: 18, attributes: attributes(["keep_aspect_ratio_policy": policy], ["axes": .ints(axes)]),
        [.counting([2, 4, 6]), nil, nil, Tensor(shape: [sizes.count], sizes)])[0]?.shape
    }
    #expect(try shape("stretch", [2, 1], [3, 8]) == [2, 8, 3])
    #expect(try shape("not_larger", [1, -1], [10, 9]) == [2, 6, 9])
    #expect(try shape("not_smaller", [1, -1], [10, 9]) == [2, 10, 15])
    #expect(try shape("not_larger", [1, 2], [3, 3]) == [2, 2, 3])
  }

  @Test func resizesEveryNumberOfDimensions() throws {
    let y = try evaluate(
      "Resize", opset: 13,
      attributes: attributes(["mode": "linear", "coordinate_transformation_mode": "align_corners"]),
      [.counting([2, 2, 2]), nil, nil, .list(3, 3, 3)])
    #expect(try y[0]?.elements(as: Float.self).prefix(9) == [0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3])
    #expect(try y[0]?.elements(as: Float.self)[13] == 3.5)
  }

  @Test func takesOtherTypes() throws {
    func resized<Element: TensorElement>(_ elements: [Element], _ mode: String) throws -> [Element]? {
      try evaluate(
        "Resize", opset: 13, attributes: attributes(["mode": mode]),
        [Tensor(shape: [elements.count], elements), nil, nil, .list(4)])[0]?.elements()
    }
    #expect(try resized([true, false], "nearest") == [true, true, false, false])
    #expect(try resized([0, 10] as [UInt8], "linear") == [0, 2, 8, 10])
    #expect(try resized([0, 250] as [UInt8], "cubic") == [0, 57, 193, 255])
    #expect(try resized([0, 1] as [Float16], "linear") == [0, 0.25, 0.75, 1])
    #expect(try resized([0, 1] as [Double], "linear") == [0, 0.25, 0.75, 1])
    #expect(try errorCode { _ = try resized([true, false], "linear") } == .unsupported)
  }

  @Test func treatsFloatScalesAsTheyAreMeant() throws {
    let values = ["coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"]
    let y = try scale(Array(0..<10).map(Float.init), by: 0.6, values)
    #expect(y == [0, 1, 3, 5, 6, 8])
    #expect(try scale(Array(0..<10).map(Float.init), by: 0.7, values)?.count == 7)
  }

  @Test func staysInsideAnAxisThatFloat32CannotCount() throws {
    let count = (1 << 24) + 4
    let x = try Tensor(zeros: [count], of: .uint8)
    let y = try evaluate(
      "Resize", opset: 13, attributes: ["coordinate_transformation_mode": text("tf_crop_and_resize")],
      [x, Tensor(shape: [2], [0, 1] as [Float]), nil, .list(2)])
    #expect(y[0] == (try Tensor(zeros: [2], of: .uint8)))
  }

  @Test func keepsSymbols() throws {
    let x = TensorType(.float32, ["N", 3, "H", 4])
    let y = try infer(
      "Resize", opset: 13, [x, nil, TensorType(.float32, [4])],
      constants: [2: Tensor(shape: [4], [1, 1, 2, 2] as [Float])])
    #expect(y == [TensorType(.float32, ["N", 3, .unknown, 8])])
    let axes = try infer(
      "Resize", opset: 18, attributes: ["axes": .ints([2, 3])], [x, nil, nil, TensorType(.int64, [2])],
      constants: [3: .list(5, 6)])
    #expect(axes == [TensorType(.float32, ["N", 3, 5, 6])])
    #expect(try infer("Resize", opset: 13, [x, nil, TensorType(.float32, [4])])[0].shape?.rank == 4)
  }

  @Test func acceptsEmptyTensors() throws {
    let y = try evaluate("Resize", opset: 13, [.counting([0, 2]), nil, Tensor(shape: [2], [1, 2] as [Float])])
    #expect(y[0]?.shape == [0, 4])
    #expect(try scale([1, 2], by: 0.1, ["mode": "linear"]) == [])
    #expect(try errorCode { _ = try resize([], to: 2, ["mode": "linear"]) } == .invalidModel)
  }

  @Test(arguments: [
    ("mode", "bicubic", 19), ("mode", "cubic", 10), ("nearest_mode", "round", 19), ("nearest_mode", "floor", 10),
    ("coordinate_transformation_mode", "half_pixel_symmetric", 18), ("coordinate_transformation_mode", "center", 13),
    ("keep_aspect_ratio_policy", "keep", 18), ("keep_aspect_ratio_policy", "stretch", 13),
  ]) func refusesAttributes(name: String, value: String, opset: Int) throws {
    let scales = try Tensor(shape: [1], [2 as Float])
    let inputs: [Tensor?] = opset == 10 ? [try .counting([2]), scales] : [try .counting([2]), nil, scales]
    let code = try errorCode { _ = try evaluate("Resize", opset: opset, attributes: [name: text(value)], inputs) }
    #expect(code == .invalidModel)
  }

  @Test func refusesWrongScalesAndSizes() throws {
    func refused(
      _ scales: [Float]?, _ sizes: [Int64]?, _ values: [String: String] = [:], _ more: AttributeList = [:],
      roi: [Float]? = nil
    ) throws -> InfoldError.Code? {
      try errorCode {
        _ = try evaluate(
          "Resize", opset: 18, attributes: attributes(values, more),
          [
            .counting([2, 2]), roi.map { try Tensor(shape: [$0.count], $0) },
            scales.map { try Tensor(shape: [$0.count], $0) }, sizes.map { try Tensor(shape: [$0.count], $0) },
          ])
      }
    }
    let crop = ["coordinate_transformation_mode": "tf_crop_and_resize"]
    #expect(try refused(nil, nil) == .invalidModel)
    #expect(try refused([1, 1], [2, 2]) == .invalidModel)
    #expect(try refused([1], nil) == .invalidModel)
    #expect(try refused(nil, [1, 2, 3]) == .invalidModel)
    #expect(try refused(nil, [1, -2]) == .invalidModel)
    #expect(try refused([1, 0], nil) == .invalidModel)
    #expect(try refused([1, .nan], nil) == .invalidModel)
    #expect(try refused([1, .infinity], nil) == .invalidModel)
    #expect(try refused([1, 1e38], nil) == .limitExceeded)
    #expect(try refused(nil, [1, .max]) == .limitExceeded)
    #expect(try refused([1, 1], nil, crop) == .invalidModel)
    #expect(try refused([1, 1], nil, crop, roi: [0, 1]) == .invalidModel)
    #expect(try refused([1, 1], nil, crop, roi: [0, 0, 1, .nan]) == .invalidModel)
    #expect(try refused([1, 1], nil, [:], ["axes": .ints([0, 0])]) == .invalidModel)
    #expect(try refused([1, 1], nil, [:], ["axes": .ints([0, 2])]) == .invalidModel)
    #expect(try refused([1, 1], nil, ["mode": "cubic"], ["cubic_coeff_a": .float(.nan)]) == .invalidModel)
    #expect(try refused(nil, [1, .max], ["keep_aspect_ratio_policy": "not_smaller"]) == .limitExceeded)
  }
}
