import InfoldSystem
import InfoldTensor

/// How a position along an axis of a resized tensor is found in the original: ONNX's `coordinate_transformation_mode`.
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
  /// The original's size.
  let input: Int
  /// The result's size.
  let output: Int
  /// The part of the original that is shown, 0 to 1 for all of it (for `tfCropAndResize`).
  var region: (start: Double, end: Double) = (0, 1)

  /// What the result's size is made from.
  enum Extent: Sendable {
    /// A scale that the model gives: the size is ⌊input · scale⌋.
    case scale(Float)
    /// A width: the size itself, or where the aspect ratio is kept, the number that was rounded to it.
    case width(Double)
  }
  let extent: Extent

  /// The result's width before it was made a whole number.
  private func width<Real: BinaryFloatingPoint>(in _: Real.Type) -> Real {
    switch extent {
    case .scale(let scale): Real(scale) * Real(input)
    case .width(let width): Real(width)
    }
  }

  /// `position`, a distance in the result, as one in the original.
  ///
  /// Where the model gives a scale, this is a division in `Real`: in `Float`, 3 / 0.6 is 5, which a scale of 0.6 means,
  /// though the `Float` next to 0.6 is a bit larger. Where it gives sizes, their ratio is exact.
  private func unscaled<Real: BinaryFloatingPoint>(_ position: Real) -> Real {
    switch extent {
    case .scale(let scale): position / Real(scale)
    case .width(let width): position * Real(input) / Real(width)
    }
  }

  /// Where position `index` of the result lies in the original.
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
    // The corners are those of the result as it is: its length is a whole number, whatever scale it comes from.
    case .alignCorners: return output > 1 ? x * Real(input - 1) / Real(output - 1) : 0
    case .asymmetric: return unscaled(x)
    case .tfHalfPixelForNN: return unscaled(x + 0.5)
    case .tfCropAndResize:
      let start = Real(region.start), end = Real(region.end), last = Real(input - 1)
      return output > 1
        ? start * last + x * (end - start) * last / Real(output - 1) : (start + end) / 2 * last
    }
  }

  /// Whether position `index` of the result has the extrapolation value, because it lies outside the original.
  func isOutside(_ index: Int, _ transformation: CoordinateTransformation) -> Bool {
    guard transformation == .tfCropAndResize else { return false }
    let coordinate = coordinate(of: index, transformation, in: Float.self)
    return !(coordinate >= 0 && coordinate <= Float(input - 1))
  }

  /// Whether decisions about coordinates are to be made in `Float`: where they come from the model's own float32 numbers.
  func isGivenInFloat(_ transformation: CoordinateTransformation) -> Bool {
    if case .scale = extent { true } else { transformation == .tfCropAndResize }
  }

  /// Whether the result is along this axis what the original is.
  func isIdentity(_ transformation: CoordinateTransformation) -> Bool {
    let isFull = transformation != .tfCropAndResize || region == (0, 1)
    switch extent {
    case .scale(let scale): return scale == 1 && isFull
    case .width(let width): return width == Double(input) && isFull
    }
  }

  /// Result size per original size.
  var scale: Double {
    switch extent {
    case .scale(let scale): Double(scale)
    case .width(let width): width / Double(input)
    }
  }

  /// ⌊`size` · `scale`⌋, computed in float32 as in other runtimes: ten times 0.7 is seven.
  /// - Throws: `InfoldError` with `.limitExceeded` where it does not fit an `Int`.
  static func scaledSize(_ size: Int, by scale: Float) throws(InfoldError) -> Int {
    let isExact = size <= 1 << Float.significandBitCount
    let product = isExact ? Double(Float(size) * scale) : Double(size) * Double(scale)
    guard product < 0x1p62 else {
      throw InfoldError(.limitExceeded, "a size of \(size) times \(scale) is too large")
    }
    return scale == 1 ? size : Int(product)
  }

  /// Refuses a scale that is no finite number above zero.
  static func check(scales: [Float]) throws(InfoldError) {
    for scale in scales where !(scale > 0 && scale.isFinite) {
      throw InfoldError(.invalidModel, "a scale is \(scale), and must be a number above 0")
    }
  }
}

extension Dimension {
  /// The dimension that a scale makes of `dimension`; a symbol is kept when the scale is 1.
  static func scaled(_ dimension: Dimension, by scale: Float) throws(InfoldError) -> Dimension {
    guard let size = dimension.size else { return scale == 1 ? dimension : .unknown }
    return .fixed(try ResizedAxis.scaledSize(size, by: scale))
  }
}

extension Tensor {
  /// The elements of a floating-point tensor as float32.
  func floats() throws(InfoldError) -> [Float] {
    try converted(to: .float32).elements(as: Float.self)
  }
}
