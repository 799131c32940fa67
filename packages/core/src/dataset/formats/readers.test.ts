import { describe, expect, test } from "vitest";
import { mapClasses, parseClassMap } from "./class-map";
import { readCoco } from "./coco";
import { readCsv } from "./csv";
import { parseCsvColumns } from "./csv-columns";
import { readCvat } from "./cvat";
import { readLabelMe } from "./labelme";
import { readOpenImages } from "./open-images";
import { readLabelMap, readTfRecord } from "./tf-record";
import { readVoc } from "./voc";
import { readXml } from "./xml";
import { readYoloLabels } from "./yolo";

describe("readCoco", () => {
  const base = {
    images: [{ id: 1, file_name: "dir\\a.png", width: 8, height: 8, site: "A", licenses: [1] }],
    categories: [
      { id: 9, name: "b" },
      { id: 4, name: "a" },
    ],
  };

  test("keeps what is odd and tells what it leaves out", () => {
    const annotations = [
      { id: 1, image_id: 1, category_id: 9, bbox: [1, 1, 0, 3], ignore: 1, attributes: { cluster: 4 }, reader: "R1" },
      { id: 2, image_id: 1, category_id: 5, bbox: [1, 1, 2, 2] },
      { id: 3, image_id: 7, category_id: 4, bbox: [1, 1, 2, 2] },
      { id: 4, image_id: 1, category_id: 4, bbox: [1, 1, 2] },
    ];
    const { set, problems } = readCoco(`\uFEFF${JSON.stringify({ ...base, annotations })}`, "x.json");
    expect(set.categories.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(set.images).toEqual([
      {
        file: "dir/a.png",
        width: 8,
        height: 8,
        id: 1,
        attributes: { site: "A" },
        annotations: [
          {
            classId: 1,
            box: { x1: 1, y1: 1, x2: 1, y2: 4 },
            ignore: true,
            id: 1,
            attributes: { reader: "R1", cluster: 4 },
          },
        ],
      },
    ]);
    expect(problems.map(({ at, severity }) => `${at} ${severity}`)).toEqual([
      "images[0] warning",
      "annotation 2 error",
      "annotation 3 error",
      "annotation 4 error",
    ]);
  });

  test("takes the box of a mask where none is given", () => {
    const annotations = [{ image_id: 1, category_id: 4, segmentation: { size: [3, 4], counts: [4, 1, 2, 2, 3] } }];
    const { set } = readCoco(JSON.stringify({ ...base, annotations }), "x.json");
    expect(set.images[0].annotations[0].box).toEqual({ x1: 1, y1: 1, x2: 3, y2: 3 });
  });
});

describe("readYoloLabels", () => {
  const image = { file: "a.txt", nc: 2, width: 100, height: 50 };

  test("takes boxes, outlines and confidences from rows of one file", () => {
    const text = "\uFEFF0 0.5 0.5 0.2 0.4\r\n1 0 0 1 0 1 1\r\n1 0.5 0.5 0.2 0.4 0.9\r\n";
    expect(readYoloLabels(text, image)).toEqual([
      { classId: 0, box: { x1: 40, y1: 15, x2: 60, y2: 35 } },
      { classId: 1, box: { x1: 0, y1: 0, x2: 100, y2: 50 }, segmentation: [[0, 0, 100, 0, 100, 50]] },
      { classId: 1, box: { x1: 40, y1: 15, x2: 60, y2: 35 }, score: 0.9 },
    ]);
  });

  test.each([
    ["2 0 0 1 1", "class 2"],
    ["0 0 0 1", "4 columns"],
    ["0 0 0 1 x", '"x" is not a number'],
  ])("refuses %j", (row, message) => {
    expect(() => readYoloLabels(row, image)).toThrow(message);
  });
});

describe("readVoc", () => {
  const object =
    "<object><name>a&amp;b</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>1</xmax><ymax>4</ymax></bndbox></object>";

  test("keeps a box without width, and what is marked difficult", () => {
    const text = `<?xml version="1.0"?>\r\n<annotation><filename>病\\a.jpg</filename><size><width>9</width><height>8</height></size>${object}<object><name>x</name></object></annotation>`;
    const { image, problems } = readVoc(text, "a.xml");
    expect(image).toEqual({
      file: "病/a.jpg",
      width: 9,
      height: 8,
      annotations: [{ className: "a&b", box: { x1: 1, y1: 2.5, x2: 1, y2: 4 }, attributes: { difficult: true } }],
    });
    expect(problems).toMatchObject([{ severity: "error", at: "object 2" }]);
  });

  test("names an image without ending as ImageNet's files do", () => {
    const { image } = readVoc("<annotation><folder>n1</folder><filename>n1_2</filename></annotation>", "n1_2.xml");
    expect(image).toEqual({ file: "n1_2", annotations: [] });
  });
});

describe("readXml", () => {
  test.each([
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "declares entities"],
    ["<a><b></a>", "not valid XML"],
    ["", "not valid XML"],
    [`${"<a>".repeat(2000)}${"</a>".repeat(2000)}`, "not readable XML"],
  ])("refuses %.40s", (text, message) => {
    expect(() => readXml(text, "a.xml")).toThrow(message);
  });

  test("resolves the five entities of XML and numbered characters once", () => {
    expect(readXml("<a b='&#x7ed3;&quot;'>&amp;lt; &unknown;</a>", "a.xml")).toMatchObject({
      attributes: { b: '结"' },
      text: "&lt; &unknown;",
    });
  });
});

describe("readLabelMe", () => {
  test("takes corners in any order, circles, and parts of one group", () => {
    const shape = (label: string, shape_type: string, points: number[][], group_id: number | null = null) => ({
      label,
      shape_type,
      points,
      group_id,
    });
    const shapes = [
      shape("a", "rectangle", [
        [5, 6],
        [1, 2],
      ]),
      shape(
        "b",
        "polygon",
        [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
        1,
      ),
      shape(
        "b",
        "polygon",
        [
          [4, 4],
          [5, 4],
          [5, 5],
        ],
        1,
      ),
      shape("c", "circle", [
        [10, 10],
        [13, 14],
      ]),
      shape("d", "point", [
        [1, 1],
        [2, 2],
      ]),
    ];
    const { image, problems } = readLabelMe(
      JSON.stringify({ shapes, imagePath: "..\\p\\a.jpg", imageData: null }),
      "a.json",
    );
    expect(image.file).toBe("../p/a.jpg");
    expect(
      image.annotations.map(({ className, box }) => [className, box.x1, box.y1, box.x2, box.y2].join(" ")),
    ).toEqual(["a 1 2 5 6", "b 0 0 5 5", "c 5 5 15 15"]);
    expect(problems).toHaveLength(1);
  });
});

describe("readCvat", () => {
  test("reads every shape that marks a region, and tags", () => {
    const text = `<annotations><image id="3" name="a.png" width="4" height="3">
      <box label="a" xtl="1" ytl="1" xbr="3" ybr="2" occluded="1"><attribute name="sure">true</attribute></box>
      <ellipse label="a" cx="2" cy="1" rx="2" ry="1"/>
      <mask label="b" rle="1, 3" left="1" top="1" width="2" height="2"/>
      <polyline label="a" points="0,0;1,1"/>
      <tag label="bad scan"/>
    </image></annotations>`;
    const { set, problems } = readCvat(text, "a.xml");
    const [image] = set.images;
    expect(image).toMatchObject({ id: 3, attributes: { "bad scan": true } });
    expect(image.annotations[0]).toEqual({
      classId: 0,
      box: { x1: 1, y1: 1, x2: 3, y2: 2 },
      attributes: { occluded: true, sure: true },
    });
    expect(image.annotations[1].box.x2).toBeCloseTo(4, 12);
    // Rows 01 / 11 of a window at (1, 1): down the columns of the image 000 001 011 000.
    expect(image.annotations[2]).toMatchObject({ classId: 1, segmentation: { size: [3, 4], counts: [5, 1, 1, 2, 3] } });
    expect(problems).toMatchObject([{ message: "<polyline> marks no region that is read; left out" }]);
  });
});

describe("readCsv", () => {
  const read = (text: string, columns?: string) =>
    readCsv(text, { file: "a.csv", columns: columns ? parseCsvColumns(columns) : undefined });

  test("reads the RSNA pneumonia challenge", () => {
    const { set } = read("patientId,x,y,width,height,Target\nA,,,,,0\nB,10,20,30,40,1\nB,1,2,3,4,1\n");
    expect(set.categories).toEqual([{ name: "pneumonia" }]);
    expect(set.images.map(({ file, annotations }) => [file, annotations.length])).toEqual([
      ["A", 0],
      ["B", 2],
    ]);
    expect(set.images[1]).toMatchObject({ attributes: { patient_id: "B" } });
    expect(set.images[1].annotations[0].box).toEqual({ x1: 10, y1: 20, x2: 40, y2: 60 });
  });

  test("reads VinDr-CXR with its readers", () => {
    const text =
      "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\ni,No finding,14,R1,,,,\nj,Mass,9,R8,1,2,3,4\nj,Aortic enlargement,0,R9,1,2,3,5\n";
    const { set, problems } = read(text);
    expect(problems).toEqual([]);
    expect(set.categories.map(({ name }) => name)).toEqual(["Aortic enlargement", "Mass"]);
    expect(set.images[1].annotations.map(({ classId, attributes }) => [classId, attributes])).toEqual([
      [1, { rad_id: "R8" }],
      [0, { rad_id: "R9" }],
    ]);
  });

  test.each([
    ["filename,width,height,class,xmin,ymin,xmax,ymax\na.png,100,50,x,1,2,3,4", undefined],
    ['image_id,width,height,bbox\na.png,100,50,"[1, 2, 2, 2]"', undefined],
    ["scan;l;t;r;b\na.png;1;2;3;4", "image=scan,x1=l,y1=t,x2=r,y2=b"],
    ["Image Index,Finding Label,Bbox [x,y,w,h],,,\na.png,x,1,2,2,2,,,", undefined],
  ])("reads the table %s", (text, columns) => {
    const { set, problems } = read(text, columns);
    expect(problems).toEqual([]);
    expect(set.images).toMatchObject([{ file: "a.png", annotations: [{ box: { x1: 1, y1: 2, x2: 3, y2: 4 } }] }]);
  });

  test("says which columns are missing", () => {
    expect(() => read("a,b\n1,2")).toThrow("no column is known as the image");
  });
});

describe("readOpenImages", () => {
  test("takes decimal commas, groups as crowds and flags as attributes", () => {
    const text =
      'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\na,x,/m/1,1,"0,25",0.5,0,1,1,0,1,-1,0\n';
    const { set } = readOpenImages(text, { file: "a.csv", names: new Map([["/m/1", "Nodule"]]) });
    expect(set).toEqual({
      categories: [{ name: "Nodule" }],
      images: [
        {
          file: "a",
          annotations: [
            { classId: 0, box: { x1: 0.25, y1: 0, x2: 0.5, y2: 1 }, crowd: true, attributes: { occluded: true } },
          ],
        },
      ],
    });
  });
});

describe("readTfRecord", () => {
  test.each([
    [new Uint8Array(5), "cut off"],
    [new Uint8Array(32), "checksum of its length differs"],
  ])("refuses what is no such file", (bytes, message) => {
    expect(() => readTfRecord(bytes, { file: "a.tfrecord" })).toThrow(message);
  });

  test("reads label maps", () => {
    expect([
      ...readLabelMap("item { id: 1 name: 'a' }\nitem {\n display_name: \"b\"\n name: '/m/1'\n id: 2\n}"),
    ]).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
  });
});

describe("class maps", () => {
  const at = (classId: number) => ({ classId, box: { x1: 0, y1: 0, x2: 1, y2: 1 } });
  const set = {
    categories: ["a", "b", "c", "d"].map((name) => ({ name })),
    images: [{ file: "x", annotations: [0, 1, 2, 3].map(at) }],
  };
  const map = (text: string) => mapClasses(set, parseClassMap(text, "m.yaml"), "m.yaml");

  test("rename, merge and drop, in the map's order", () => {
    const { set: mapped, problems } = map("c: lesion\na: lesion\nb: null\ne: x\n");
    expect(mapped.categories).toEqual([{ name: "lesion" }, { name: "d" }]);
    expect(mapped.images[0].annotations.map(({ classId }) => classId)).toEqual([0, 0, 1]);
    expect(problems).toMatchObject([{ at: "e", severity: "warning" }]);
  });

  test("take all others by a star", () => {
    expect(map('a: lesion\n"*": null').set.categories).toEqual([{ name: "lesion" }]);
    expect(() => map('"*": null')).toThrow("drops every class");
  });
});

describe("names that objects of the language have", () => {
  test("are no shapes that LabelMe draws", () => {
    const shapes = ["constructor", "toString", "rectangle"].map((type) => ({
      ...{ label: "x", shape_type: type },
      points: [
        [1, 2],
        [3, 4],
      ],
    }));
    const { image, problems } = readLabelMe(JSON.stringify({ imagePath: "a.png", shapes }), "a.json");
    expect(image.annotations).toEqual([{ className: "x", box: { x1: 1, y1: 2, x2: 3, y2: 4 } }]);
    expect(problems).toHaveLength(2);
  });

  test("are no shapes of CVAT", () => {
    const text =
      '<annotations><image name="a.png" width="9" height="9"><valueOf label="x"/><box label="x" xtl="1" ytl="2" xbr="3" ybr="4"/></image></annotations>';
    const { set } = readCvat(text, "a.xml");
    expect(set.images[0].annotations).toEqual([{ classId: 0, box: { x1: 1, y1: 2, x2: 3, y2: 4 } }]);
  });
});

describe("numbers that are none", () => {
  test("of YOLO's rows are refused: 1e999 is beyond what a number holds", () => {
    const image = { file: "a.txt", nc: 1, width: 10, height: 10 };
    expect(() => readYoloLabels("0 0.5 0.5 0.1 0.1\n0 1e999 0.5 1e999 0.1", image)).toThrow("line 2");
  });
});

describe("readCsv of a table with an index", () => {
  test("does not take the column without a name for those that are not there", () => {
    const text = ",file,class,xmin,ymin,xmax,ymax\n0,a.png,n,1,2,3,4\n1,a.png,m,5,6,9,9\n";
    const { set, problems } = readCsv(text, { file: "x.csv" });
    expect(problems).toEqual([]);
    expect(set.images).toEqual([
      {
        file: "a.png",
        annotations: [
          { classId: 1, box: { x1: 1, y1: 2, x2: 3, y2: 4 } },
          { classId: 0, box: { x1: 5, y1: 6, x2: 9, y2: 9 } },
        ],
      },
    ]);
  });

  test("takes patients for attributes of the image, of one without a box too", () => {
    const text = "image,patient_id,grade,x,y,width,height\na.png,p1,3,1,2,3,4\nb.png,p2,,,,,\n";
    const { set } = readCsv(text, { file: "x.csv" });
    expect(set.images.map(({ attributes }) => attributes)).toEqual([{ patient_id: "p1" }, { patient_id: "p2" }]);
    expect(set.images[0].annotations[0].attributes).toEqual({ grade: 3 });
  });
});
