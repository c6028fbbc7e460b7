"""Makes these samples: `pip install pillow pillow-jxl-plugin numpy`, then `python make.py` in this folder."""

import numpy as np
import pillow_jxl  # noqa: F401
from PIL import Image


def picture(width, height):
    """Red grows to the right, green downwards, blue towards the upper left; libav_codec_test.ts draws the same."""
    y, x = np.mgrid[0:height, 0:width]
    blue = (width - x) * (height - y) * 255 // (width * height)
    rgb = np.stack([x * 255 // width, y * 255 // height, blue], -1)
    return (85 + rgb // 4).astype(np.uint8)


rgb = picture(96, 72)
image = Image.fromarray(rgb)
image.save("lossy.jxl", quality=95)
image.save("lossless.jxl", lossless=True)
image.convert("L").save("grey.jxl", quality=95)
Image.fromarray(np.dstack([rgb, rgb[..., 0]])).save("alpha.jxl", quality=95)
exif = Image.Exif()
exif[0x010F], exif[0x0110] = "Apple", "iPhone 15"
image.save("boxed.jxl", quality=95, exif=exif.tobytes())
