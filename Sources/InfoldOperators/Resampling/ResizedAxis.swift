import InfoldSystem
import InfoldTensor

/// The map from positions along an axis of a resized tensor to positions in the original: ONNX's
/// `coordinate_transformation_mode`.
enum CoordinateTransformation: String, Sendable, CaseIterable {
  case halfPixel = "half_pixel"
  case halfPixelSymmetric = "half_pixel_symmetric"
  case pytorchHalfPixel = "pytorch_half_pixel"
  case alignCorners = "align_corners"
  case asymmetric
  case tfHalfPixelForNN = "tf_half_pixel_for_nn"
  case tfCropAndResize = "tf_crop_and_resize"
}

/// One axis of a tensor that is resized.
struct ResizedAxis: Sendable {
  /// The axis.
  let axis: Int
  /// The size of the original.
  let input: Int
  /// The size of the result.
  let output: Int
  /// The region of the original that is sampled (for `tfCropAndResize`); 0 to 1 is all of it.
  var region: (start: Double, end: Double) = (0, 1)

  /// The origin of the result's size.
  enum Extent: Sendable {
    /// A scale given by the model: the size is ⌊input · scale⌋.
    case scale(Float)
    /// A width: the size itself or, if the aspect ratio is kept, the size before rounding.
    case width(Double)
  }
  let extent: Extent

  /// Returns the width of the result before rounding.
  private func width<Real: BinaryFloatingPoint>(in _: Real.Type) -> Real {
    switch extent {
    case .scale(let scale): Real(scale) * Real(input)
    case .width(let width): Real(width)
    }
  }

  /// Converts a distance in the result to one in the original.
  ///
  /// For a scale given by the model, this is a division in `Real`: in `Float`, 3 / 0.6 is 5, which
  /// is what a scale of 0.6 means, although the nearest `Float` to 0.6 is slightly larger. For
  /// sizes given by the model, their ratio is exact.
  private func unscaled<Real: BinaryFloatingPoint>(_ position: Real) -> Real {
    switch extent {
    case .scale(let scale): position / Real(scale)
    case .width(let width): position * Real(input) / Real(width)
    }
  }

  /// Returns the position in the original for position `index` of the result.
  func coordinate<Real: BinaryFloatingPoint>(
    of index: Int, _ transformation: CoordinateTransformation, in _: Real.Type
  ) -> Real {
    let x = Real(index)
    switch transformation {
    case .halfPixel: return unscaled(x + 0.5) - 0.5
    case .halfPixelSymmetric:
      let offset = Real(input) / 2 * (1 - Real(output) / width(in: Real.self))
      return offset + unscaled(x + 0.5) - 0.5
    case .pytorchHalfPixel: return output > 1 ? unscaled(x + 0.5) - 0.5 : 0
    // The corners are those of the actual result, whose length is an integer, whatever the scale.
    case .alignCorners: return output > 1 ? x * Real(input - 1) / Real(output - 1) : 0
    case .asymmetric: return unscaled(x)
    case .tfHalfPixelForNN: return unscaled(x + 0.5)
    case .tfCropAndResize:
      let start = Real(region.start), end = Real(region.end), last = Real(input - 1)
      return output > 1
        ? start * last + x * (end - start) * last / Real(output - 1) : (start + end) / 2 * last
    }
  }

  /// Returns whether position `index` of the result lies outside the original and gets the
  /// extrapolation value.
  func isOutside(_ index: Int, _ transformation: CoordinateTransformation) -> Bool {
    guard transformation == .tfCropAndResize else { return false }
    let coordinate = coordinate(of: index, transformation, in: Float.self)
    return !(coordinate >= 0 && coordinate <= Float(input - 1))
  }

  /// Returns whether coordinates are computed in `Float`, because they depend on float32 numbers of
  /// the model.
  func isGivenInFloat(_ transformation: CoordinateTransformation) -> Bool {
    if case .scale = extent { true } else { transformation == .tfCropAndResize }
  }

  /// Returns whether the axis is unchanged.
  func isIdentity(_ transformation: CoordinateTransformation) -> Bool {
    let isFull = transformation != .tfCropAndResize || region == (0, 1)
    switch extent {
    case .scale(let scale): return scale == 1 && isFull
    case .width(let width): return width == Double(input) && isFull
    }
  }

  /// The size of the result divided by that of the original.
  var scale: Double {
    switch extent {
    case .scale(let scale): Double(scale)
    case .width(let width): width / Double(input)
    }
  }

  /// Returns ⌊`size` · `scale`⌋, computed in float32 as in other runtimes: ten times 0.7 is seven.
  /// - Throws: `InfoldError.Code.limitExceeded` if the result does not fit an `Int`.
  static func scaledSize(_ size: Int, by scale: Float) throws(InfoldError) -> Int {
    let isExact = size <= 1 << Float.significandBitCount
    let product = isExact ? Double(Float(size) * scale) : Double(size) * Double(scale)
    guard product < 0x1p62 else {
      throw InfoldError(.limitExceeded, "a size of \(size) times \(scale) is too large")
    }
    return scale == 1 ? size : Int(product)
  }

  /// Throws an error if a scale is not a positive finite number.
  static func check(scales: [Float]) throws(InfoldError) {
    for scale in scales where !(scale > 0 && scale.isFinite) {
      throw InfoldError(.invalidModel, "a scale is \(scale) but must be a positive number")
    }
  }
}

extension Dimension {
  /// Returns the dimension that results from a scale. A symbol is preserved if the scale is 1.
  static func scaled(_ dimension: Dimension, by scale: Float) throws(InfoldError) -> Dimension {
    guard let size = dimension.size else { return scale == 1 ? dimension : .unknown }
    return .fixed(try ResizedAxis.scaledSize(size, by: scale))
  }
}

extension Tensor {
  /// Returns the elements of a floating-point tensor as float32.
  func floats() throws(InfoldError) -> [Float] {
    try converted(to: .float32).elements(as: Float.self)
  }
}
