import InfoldReports
import InfoldSystem

/// The plot of what sessions run: how close the error of each value is to its bound, in each
/// precision.
struct SessionPlots {
  private let sessions: [SessionReport]
  /// The values in the order of the network, with the share of the bound in each session.
  private let shares: [[Double?]]
  private let names: [String]

  init(_ sessions: [SessionReport]) {
    self.sessions = Array(sessions.prefix(Self.styles.count))
    var names: [String] = [], places: [String: Int] = [:]
    for layer in self.sessions.flatMap(\.layers) where layer.kernels != nil && places[layer.value] == nil {
      places[layer.value] = names.count
      names.append(layer.value)
    }
    self.names = names
    shares = self.sessions.map { session in
      var shares = [Double?](repeating: nil, count: names.count)
      for layer in session.layers {
        if let place = places[layer.value], let kernels = layer.kernels { shares[place] = kernels.shareOfBound }
      }
      return shares
    }
  }

  var isEmpty: Bool { names.count < 2 }

  /// The colors of the sessions, in their order.
  static let styles = ["first", "second", "third"]

  /// Draws the quotient of error and bound of each value, and the bound.
  func shares(width: Double, height: Double) -> String {
    let frame = PlotFrame(left: 56, right: width - 12, top: 14, bottom: height - 30)
    var drawing = Drawing(width: width, height: height, title: "Error of each value as a share of its bound")
    let axis = PlotAxis(
      shares.joined().compactMap { $0 }.map { max($0, 1e-4) } + [1], .logarithmic, from: frame.bottom, to: frame.top)
    func place(_ index: Int) -> Double {
      frame.left + (frame.right - frame.left) * (Double(index) + 0.5) / Double(names.count)
    }
    frame.draw(vertical: axis, ticks: 5, on: &drawing)
    frame.drawSites(names.count, place, on: &drawing)
    drawing.path([(frame.left, axis.place(1)), (frame.right, axis.place(1))], style: "limit")
    let radius = width > 600 ? 3.0 : 2
    for (session, shares) in shares.enumerated() {
      let points = shares.enumerated().compactMap { index, share in share.map { (index, max($0, 1e-4)) } }
      drawing.path(points.map { (place($0.0), axis.place($0.1)) }, style: "\(Self.styles[session]) thin")
      for (index, share) in points {
        drawing.dot(
          (place(index), axis.place(share)), radius: radius, style: Self.styles[session],
          note: "\(index + 1): \(names[index])\n\(sessions[session].precision): "
            + "\(NumberText.percentage(share)) of its bound")
      }
    }
    return drawing.svg
  }
}
