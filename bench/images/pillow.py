"""Shows pictures as Pillow does: reads lines `[path, width, height]`, writes each as RGB behind its length, 0 if it cannot."""

import io
import json
import struct
import sys

from PIL import Image, ImageCms, ImageOps

Image.MAX_IMAGE_PIXELS = None
try:
    import pillow_heif

    pillow_heif.register_heif_opener()
except ImportError:
    pass


def shown(path, width, height):
    image = ImageOps.exif_transpose(Image.open(path))
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, source, srgb, outputMode=mode)
    image = image.convert("RGBA").resize((width, height), Image.LANCZOS)
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB").tobytes()


for line in sys.stdin:
    try:
        pixels = shown(*json.loads(line))
    except Exception:
        pixels = b""
    sys.stdout.buffer.write(struct.pack(">I", len(pixels)) + pixels)
    sys.stdout.buffer.flush()
