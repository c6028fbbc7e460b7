"""Makes these samples: `pip install pillow pillow-heif==1.8.1 numpy`, then `python make.py` in this folder."""

import numpy as np
import pillow_heif
from PIL import Image
from pillow_heif import options


def picture(width, height, top):
    """Red grows to the right, green downwards, blue towards the upper left; planar_decoder_test.ts draws the same."""
    y, x = np.mgrid[0:height, 0:width]
    blue = (width - x) * (height - y) * top // (width * height)
    rgb = np.stack([x * top // width, y * top // height, blue], -1)
    return (top // 3 + rgb // 4).astype(np.uint8 if top == 255 else np.uint16)


def save(name, data, mode, orientation=1, **how):
    height, width = data.shape[:2]
    heif = pillow_heif.from_bytes(mode=mode, size=(width, height), data=data.tobytes())
    exif = Image.Exif()
    exif[274] = orientation
    if orientation > 1:
        heif[0].info["exif"] = exif.tobytes()
    heif.save(name + ".heic", quality=90, **how)


rgb = picture(96, 72, 255)
for orientation in range(2, 9):
    save(f"orientation_{orientation}", rgb, "RGB", orientation)
save("chroma_420", rgb, "RGB")
save("chroma_422", rgb, "RGB", chroma=422)
save("chroma_444", rgb, "RGB", chroma=444)
save("odd_size", picture(95, 71, 255), "RGB")
save("grey", rgb[..., 1].copy(), "L")
save("alpha", np.dstack([rgb, rgb[..., 0]]), "RGBA")
save("bits_10", picture(96, 72, 65535), "RGB;16")
options.SAVE_HDR_TO_12_BIT = True
save("bits_12", picture(96, 72, 65535), "RGB;16")
options.GRID_TILE_SIZE = 64
save("grid", picture(150, 100, 255), "RGB")

films = []
for step in range(6):
    frame = np.empty((64, 96, 4), np.uint8)
    frame[:] = (230, 30, 30, 255)
    frame[24:40, step * 16 : step * 16 + 16] = (255, 255, 255, 255)
    films.append(Image.fromarray(frame).convert("RGB"))
how = {"save_all": True, "duration": [100, 200, 100, 100, 100, 100], "quality": 80}
films[0].save("film.avif", append_images=films[1:], **how)
for film in films:
    film.putalpha(255)
    film.paste((0, 0, 0, 0), (0, 0, 96, 16))
films[0].save("film_alpha.avif", append_images=films[1:], **how)
