//===- ImageAxes.td - where images have their axes ---------*- tablegen -*-===//
//
// What convolutions and pooling declare alike: the places of the channels and of
// the spatial axes, with and without `channels_last`.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_IMAGEAXES_TD
#define LAZULI_IR_IMAGEAXES_TD

include "ir/LzBase.td"

defvar Lz_ImageAxes = [{
    /// Of a src or dst with `rank` axes: the axis of the channels, and the first
    /// of the spatial ones, which lie side by side.
    int64_t getChannelAxis(int64_t rank) {
      return getChannelsLast() ? rank - 1 : rank - getSpatialRank() - 1;
    }
    int64_t getSpatialAxis(int64_t rank) {
      return rank - getSpatialRank() - (getChannelsLast() ? 1 : 0);
    }
}];

#endif // LAZULI_IR_IMAGEAXES_TD
